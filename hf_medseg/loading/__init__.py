"""`load_dataset` from a raw tree, and loading scripts."""

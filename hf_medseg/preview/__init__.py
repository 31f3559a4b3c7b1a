"""Pictures of a converted dataset."""

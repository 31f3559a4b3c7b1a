"""A file in, exact samples out."""

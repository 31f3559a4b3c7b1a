"""A converted dataset read back, every promise checked."""

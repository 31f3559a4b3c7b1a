"""A web site of files: the catalog, and pages that show converted datasets."""

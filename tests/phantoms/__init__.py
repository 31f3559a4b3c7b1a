"""Tiny raw trees in the true layout of each source, written from public evidence and importing nothing of the package."""

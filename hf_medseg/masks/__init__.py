"""Samples, outlines and codes in, a label map out."""

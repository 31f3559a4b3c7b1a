"""For maintainers: what is generated, and how."""

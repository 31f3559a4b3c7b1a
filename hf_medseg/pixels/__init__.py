"""From files of a raw tree to exact pixels and back to encoded ones."""

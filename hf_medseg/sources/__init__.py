"""One file per source: its facts, and how its cases are listed."""

"""One folder a source: its facts, and how its cases are listed."""

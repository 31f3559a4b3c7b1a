"""What is known: facts of sources, licenses, and the about file of the user."""

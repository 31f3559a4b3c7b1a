"""What the performance promise is measured with: corpora, peers, and one command that runs every line of the table."""

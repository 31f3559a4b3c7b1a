"""What is written of a source for others: the card of its dataset, and the script that loads it from one's own raw tree."""

"""The license gate and the Hub."""

"""What is in converted datasets: numbers before one trains, and pictures that are there twice."""

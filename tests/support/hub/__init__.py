"""A Hub on loopback for the tests: strict about what the real one is strict about, and able to fail on demand."""

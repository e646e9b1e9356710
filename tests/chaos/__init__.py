"""Random injuries, and what must be true after them. See `python -m tests.chaos --help`."""

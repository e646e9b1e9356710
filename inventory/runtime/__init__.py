"""Tasks at work: PostgreSQL remembers every run and decides, Redis rings, taskiq carries."""

"""Errands of our own."""

"""Everything that the made-up source holds."""

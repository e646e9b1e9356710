"""Everything that the zoo holds."""

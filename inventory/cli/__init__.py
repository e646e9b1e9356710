"""The command `inventory`: one module per noun; each imports what it needs when a command runs."""

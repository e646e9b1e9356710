"""What is collected from Gardener. Column names are those of the original inventory."""

"""What is collected from AWS. Column names are those people know from the original inventory."""

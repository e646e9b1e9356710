"""What is collected from Google Cloud. Column names are those of the original inventory."""

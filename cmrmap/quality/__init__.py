"""What is worth telling about a study."""

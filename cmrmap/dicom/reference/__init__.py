"""Labels and maps that others made, as references."""

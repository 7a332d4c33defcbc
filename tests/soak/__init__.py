"""Soak: many studies in one process, and in a cohort; what memory and handles do. ``python -m tests.soak --help``."""

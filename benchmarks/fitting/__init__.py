"""Parts of benchmarks/relaxometry.py."""

"""The application: the graph (app.py), its settings, and how the process runs and ends (runtime.py)."""

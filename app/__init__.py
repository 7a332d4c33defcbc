"""The application: the graph (app.py), and how the SDK's process is prepared (process.py) and run (runtime.py)."""

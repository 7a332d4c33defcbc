"""The fuzz harness: damaged and odd studies through the command, and whether what comes out may be believed.

``python -m tests.fuzz --help``; docs/dev/fuzz.md has what is allowed, what it does, and what it found.
"""

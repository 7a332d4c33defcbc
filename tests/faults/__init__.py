"""Faults: runs that are killed, stopped or starved at chosen moments, and what must hold after each.

``python -m tests.faults --help``; what was found stands in docs/dev/faults.md.
"""

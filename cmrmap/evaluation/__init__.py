"""Comparing results with what is known: the phantom's truth, a reader, the paper."""

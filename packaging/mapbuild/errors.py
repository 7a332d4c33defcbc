"""The one error of the packaging."""

from __future__ import annotations


class PackagingError(Exception):
    """What was found, what was expected, what to do; one line."""

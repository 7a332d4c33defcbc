"""Hands every docstring to the reference in numpydoc's own form (mkdocs.yml, ``extensions`` of mkdocstrings)."""

from __future__ import annotations

from typing import Any

import griffe

from sitebuild.docstrings import readable


class OwnDocstrings(griffe.Extension):  # type: ignore[misc]  # from an environment of its own
    """See `sitebuild.docstrings`."""

    def on_instance(self, *, node: Any, obj: Any, agent: Any, **kwargs: Any) -> None:
        """Rewrite the docstring of an object before anything parses it."""
        if obj.docstring is not None:
            obj.docstring.value = readable(obj.docstring.value, str(getattr(obj, "returns", None) or ""))

"""In the image in place of the Triton client, which the SDK imports at every start and nothing here uses.

Whoever asks something of it is told that it was left out. See packaging/left-out.yaml.
"""

from __future__ import annotations


def left_out(name: str) -> AttributeError:
    """Return the error for a name that a stand-in does not have."""
    return AttributeError(f"{name} was left out of this image: no model of the application is on a Triton server")

"""Checkpoints of a training are read here: what is damaged or cut off is refused with one line."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from cmrmap.core.errors import InputError


def read_checkpoint(path: Path, needed: Sequence[str], device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a checkpoint; only tensors and plain values are accepted, nothing is executed.

    Parameters
    ----------
    path : of the file
    needed : keys that it must have
    device : that its tensors are put on

    Returns
    -------
    dict
        the content by key

    Raises
    ------
    InputError
        the file cannot be read, or lacks a key
    MemoryError, torch.OutOfMemoryError
        there is no room for it: it may be whole, and is not to be deleted
    """
    what = "restore it, or delete it to start this training again"
    try:
        stream = path.open("rb")
    except OSError as error:  # it may be whole
        raise InputError(f"checkpoint {path.name} cannot be read ({error.strerror or type(error).__name__})") from error
    try:
        with stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of pickles of another kind before it refuses them
            state = torch.load(stream, map_location=device, weights_only=True)
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # what is no such file raises whatever its parser raises
        raise InputError(f"checkpoint {path.name} cannot be read (damaged or cut off); {what}") from error
    missing = [key for key in needed if key not in state] if isinstance(state, dict) else list(needed)
    if missing:
        raise InputError(f"checkpoint {path.name} lacks {', '.join(missing)}; {what}")
    return dict(state)

"""Imported by the interpreter itself where this folder is on PYTHONPATH: a run that is watched from its first line."""

from __future__ import annotations

import os

if "CMRMAP_FAULT_MOMENT" in os.environ:
    from tests.faults.moments import watch_from_environment

    watch_from_environment(os.environ)

"""Quantitative maps of the heart from cardiac MR: T1, T2 and extracellular volume, with their uncertainty.

``analyse_folder`` is the front door. What it takes seconds to import is imported when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cmrmap.core.version import VERSION

if TYPE_CHECKING:
    from cmrmap.pipeline.study_analysis import StudyAnalysis, analyse_folder
    from cmrmap.relaxometry import fit_relaxation
    from cmrmap.segmentation import load_network

__version__ = VERSION
__all__ = ["StudyAnalysis", "__version__", "analyse_folder", "fit_relaxation", "load_network"]

_ROOMS = {
    "StudyAnalysis": "cmrmap.pipeline.study_analysis",
    "analyse_folder": "cmrmap.pipeline.study_analysis",
    "fit_relaxation": "cmrmap.relaxometry",
    "load_network": "cmrmap.segmentation",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

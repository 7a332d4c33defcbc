"""Pixelwise T1 and T2: models, fits with their uncertainty, polarity of magnitude data, T1 of a region (blood)."""

from cmrmap.relaxometry.blood import BloodFit, fit_blood
from cmrmap.relaxometry.fit import RelaxationFit, fit_relaxation
from cmrmap.relaxometry.models import MODELS, RelaxationModel, get_model, jacobian, signal

__all__ = [
    "MODELS",
    "BloodFit",
    "RelaxationFit",
    "RelaxationModel",
    "fit_blood",
    "fit_relaxation",
    "get_model",
    "jacobian",
    "signal",
]

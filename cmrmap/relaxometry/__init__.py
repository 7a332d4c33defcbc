"""Pixelwise T1 and T2: models, fits with their uncertainty, polarity of magnitude data, T1 of a region (blood)."""

from cmrmap.relaxometry._backends import compiler_version, kernel_in_use, prepare
from cmrmap.relaxometry.blood_fit import BloodFit, fit_blood
from cmrmap.relaxometry.fit import RelaxationFit, fit_relaxation, only_counted
from cmrmap.relaxometry.models import MODELS, RelaxationModel, get_model, jacobian, signal
from cmrmap.relaxometry.rician import fit_above_noise_floor, fitted_signal

__all__ = [
    "MODELS",
    "BloodFit",
    "RelaxationFit",
    "RelaxationModel",
    "compiler_version",
    "fit_above_noise_floor",
    "fit_blood",
    "fit_relaxation",
    "fitted_signal",
    "get_model",
    "jacobian",
    "kernel_in_use",
    "only_counted",
    "prepare",
    "signal",
]

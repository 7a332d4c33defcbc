"""Studies that several tests look at; generated once."""

from __future__ import annotations

import math

import pytest

from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters


@pytest.fixture(scope="session")
def study() -> PhantomStudy:
    """Return the default study: SNR 30, motion, no disease."""
    return generate_study(draw_study_parameters(seed=1))


@pytest.fixture(scope="session")
def focal_still_study() -> PhantomStudy:
    """Return a study with one lesion, without noise and motion."""
    return generate_study(draw_study_parameters(seed=3, snr=math.inf, motion=False, disease="focal"))

"""Studies that several tests look at; generated once."""

from __future__ import annotations

import math
from dataclasses import replace

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


N_SLICES = 2


@pytest.fixture(scope="session")
def small() -> PhantomStudy:
    """Every fourth pixel of two slices of the default study: the tags are what is tested here."""
    kept = slice(1, 1 + N_SLICES)
    drawn = draw_study_parameters(seed=1)
    anatomy = replace(drawn.anatomy, heart=drawn.anatomy.heart[kept], torso=drawn.anatomy.torso[kept])
    planned = tuple(replace(one, times_ms=one.times_ms[kept], motion=one.motion[kept]) for one in drawn.series)
    study = generate_study(replace(drawn, anatomy=anatomy, series=planned))
    series = [
        replace(
            one,
            stack=replace(one.stack, images=one.stack.images[..., ::4, ::4]),
            phase_rad=one.phase_rad[..., ::4, ::4],
        )
        for one in study.series
    ]
    truth = replace(
        study.truth,
        maps={kind: values[:, ::4, ::4] for kind, values in study.truth.maps.items()},
        labels=study.truth.labels[:, ::4, ::4],
        aha=study.truth.aha[:, ::4, ::4],
    )
    return replace(study, series=tuple(series), truth=truth)

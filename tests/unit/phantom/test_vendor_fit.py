"""The map that a scanner would make of a phantom's images: the fit of each pixel, and nothing of the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.vendor_fit import vendor_fit
from cmrmap.regional.pruning import prune_boundary


def test_without_noise_and_motion_it_is_the_truth_inside_the_wall(focal_still_study: PhantomStudy) -> None:
    study = focal_still_study
    assert math.isinf(study.parameters.snr)
    wall = prune_boundary(study.truth.labels == Label.MYOCARDIUM, 3)
    # the wall, diseased and healthy: a pixel whose whole neighbourhood has its value
    for kind in (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1):
        found = vendor_fit(study[kind])
        truth = study.truth.maps[kind]
        error = np.abs(found.values_ms[wall] / truth[wall] - 1.0)
        assert np.median(error) < 0.0005, kind
        assert np.percentile(error, 95) < 0.002, kind  # the rest lies at the edge of the lesion
        assert np.isfinite(found.values_ms).all()
        assert found.values_ms.min() == 0.0


@pytest.mark.slow
def test_noise_is_told_by_its_standard_deviations() -> None:
    still = generate_study(draw_study_parameters(seed=1, motion=False))
    for kind in (MapKind.NATIVE_T1, MapKind.T2):
        found = vendor_fit(still[kind])
        core = prune_boundary(still.truth.labels == Label.CAVITY, 4)
        spread = np.percentile(found.values_ms[core], [16, 84])
        assert 0.8 < np.median(found.sd_ms[core]) / (0.5 * np.ptp(spread)) < 1.25, kind

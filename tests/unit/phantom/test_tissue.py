"""Tissue values: the ECV equation closes, disease raises what it should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.phantom.tissue import Disease, Tissue, TissueProperties, TissueSet, draw_tissues

SEEDS = st.integers(0, 10_000)


@settings(deadline=None)
@given(seed=SEEDS, disease=st.sampled_from(Disease))
def test_ecv_equation_closes_for_every_tissue(seed: int, disease: Disease) -> None:
    tissues = draw_tissues(np.random.default_rng(seed), disease)
    change = 1.0 / tissues.t1_postcontrast_ms - 1.0 / tissues.t1_native_ms
    ecv = (1.0 - tissues.hematocrit) * change / change[Tissue.CAVITY]
    np.testing.assert_allclose(ecv, tissues.ecv_fraction, atol=1e-12)
    assert tissues.t1_postcontrast_ms[Tissue.CAVITY] == pytest.approx(tissues.blood_t1_post_ms)


@settings(deadline=None)
@given(seed=SEEDS)
def test_healthy_values_are_normal_and_disease_raises_them(seed: int) -> None:
    none, diffuse, focal = (draw_tissues(np.random.default_rng(seed), item) for item in Disease)
    assert 46.0 < none.t2_ms[Tissue.MYOCARDIUM] < 54.0
    assert 1050.0 < none.t1_native_ms[Tissue.MYOCARDIUM] < 1250.0
    assert 0.21 < none.ecv_fraction[Tissue.MYOCARDIUM] < 0.29
    # thresholds of Zhu et al., Radiology AI 2020: T2 58 ms, ECV 29 %
    assert diffuse.t2_ms[Tissue.MYOCARDIUM] > 58.0
    assert diffuse.ecv_fraction[Tissue.MYOCARDIUM] > 0.29
    assert focal.t2_ms[Tissue.LESION] > 58.0
    assert focal.ecv_fraction[Tissue.LESION] > 0.29
    assert focal.t1_native_ms[Tissue.LESION] > none.t1_native_ms[Tissue.MYOCARDIUM] + 50.0
    assert focal.properties[Tissue.MYOCARDIUM] == none.properties[Tissue.MYOCARDIUM]
    assert diffuse.hematocrit == none.hematocrit == focal.hematocrit


def test_impossible_values_are_refused() -> None:
    with pytest.raises(ValueError, match="T1 and T2 must be > 0 ms"):
        TissueProperties(0.0, 50.0, 0.8, 0.2)
    with pytest.raises(ValueError, match=r"ECV within 0\.\.1"):
        TissueProperties(1000.0, 50.0, 0.8, 1.2)
    one = TissueProperties(1000.0, 50.0, 0.8, 0.2)
    with pytest.raises(ValueError, match="one per tissue; found 1"):
        TissueSet(0.4, 350.0, (one,))
    with pytest.raises(ValueError, match="hematocrit must be a fraction"):
        TissueSet(42.0, 350.0, (one,) * len(Tissue))

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.stored_values import SIGNIFICANT_BITS
from cmrmap.dicom.writing.uids import content_digest, derived_uid


@given(st.lists(st.text(), min_size=1))
def test_uids_are_valid_and_repeatable(parts):
    uid = derived_uid(*parts)
    assert uid == derived_uid(*parts)
    assert re.fullmatch(r"2\.25\.[1-9][0-9]*", uid)
    assert len(uid) <= 64


def test_parts_are_kept_apart():
    assert derived_uid("ab", "c") != derived_uid("a", "bc")


def test_digest_does_not_see_which_nan(volumes, provenance):
    volume = volumes[MapKind.T2]
    other_nan = np.where(np.isnan(volume.values), -np.nan, volume.values)
    same = replace(volume, values=other_nan)
    assert content_digest(volume, b"", provenance) == content_digest(same, b"", provenance)


def test_digest_does_not_see_what_no_object_stores(volumes, provenance):
    volume = volumes[MapKind.T2]
    known = np.isfinite(volume.values)
    values = (np.rint(volume.values * 1024) + 0.25) / 1024  # where no rounding turns
    exact = replace(volume, values=values)
    other = replace(volume, values=np.where(known, values * (1 + 1e-9), np.nan))
    assert not np.array_equal(exact.values, other.values, equal_nan=True)
    assert content_digest(exact, b"", provenance) == content_digest(other, b"", provenance)


@pytest.mark.parametrize("change", ["values", "sd", "myocardium", "model", "patient", "settings"])
def test_digest_sees_every_change(volumes, provenance, change):
    volume = volumes[MapKind.T2]
    before = content_digest(volume, b"", provenance)
    encoded, origin = b"", provenance
    if change == "values":
        changed = volume.values.copy()
        changed[1, 16, 24] *= 1 + 2.0 ** (1 - SIGNIFICANT_BITS)
        volume = replace(volume, values=changed)
    elif change == "sd":
        changed = volume.sd.copy()
        changed[1, 16, 24] += MapKind.T2.spec.dicom.sd.stored_step
        volume = replace(volume, sd=changed)
    elif change == "myocardium":
        volume = replace(volume, myocardium=~volume.myocardium)
    elif change == "model":
        volume = replace(volume, model="t2_2p")
    elif change == "patient":
        encoded = b"x"
    else:
        origin = replace(provenance, settings_sha256="c" * 64)
    assert content_digest(volume, encoded, origin) != before

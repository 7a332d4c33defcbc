"""Maps over the field of view: the wall bit by bit as it was mapped, and around it the tissues' own values."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.phantom.generate import dominant_tissues
from cmrmap.phantom.tissue import Tissue
from cmrmap.pipeline import align, extracellular_volume, fit, refine
from cmrmap.pipeline.field_fit import fit_field
from cmrmap.pipeline.field_maps import field_maps
from cmrmap.pipeline.field_trust import shown_range
from cmrmap.pipeline.study import report
from cmrmap.pipeline.verdicts import refuse_slices
from cmrmap.settings import AnalysisSettings, MapSettings

SETTINGS = AnalysisSettings()
RING = replace(SETTINGS, maps=MapSettings(field="ring"))
NATIVE, POST, T2, ECV = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2, MapKind.ECV
KINDS = (T2, NATIVE, POST, ECV)
#: what follows the diaphragm in the phantom, as the heart does
MOVING = (Tissue.CAVITY, Tissue.RV_BLOOD, Tissue.LIVER, Tissue.SPLEEN)


@pytest.fixture(scope="module")
def shown(chain):
    return field_maps(chain.series, chain.ecv, SETTINGS)


@pytest.fixture(scope="module")
def tissue(chain):
    return dominant_tissues(chain.study.parameters)


def _map(chain, kind):
    return chain.ecv.map if kind is ECV else chain[kind].map


def _region(chain, tissue, kind, which, inside=3):
    """(slice, row, column) where a tissue lies in the reference images, so many pixels away from any other."""
    series = chain[NATIVE if kind is ECV else kind]
    out = np.zeros(tissue.shape, np.bool_)
    for s, time in enumerate(series.map.reference_time):
        mask = (tissue[s] == which).astype(np.float64)
        if which in MOVING:
            shift = chain.study[series.kind].motion[s, time, :2] / chain.study.parameters.anatomy.pixel_mm
            mask = ndimage.shift(mask, shift[::-1], order=1)
        out[s] = ndimage.binary_erosion(mask > 0.5, iterations=inside)
    return out


def _truth(chain, tissue, kind, which):
    if kind is ECV:
        return 100.0 * chain.study.parameters.tissues.ecv_fraction[which]
    return float(np.nanmedian(chain.study.truth.maps[kind][tissue == which]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("which", [Tissue.CAVITY, Tissue.RV_BLOOD, Tissue.LIVER, Tissue.SPLEEN, Tissue.MUSCLE])
def test_a_region_of_one_s_own_repeats_the_truth(chain, shown, tissue, kind, which):
    region = _region(chain, tissue, kind, which)
    values = shown[kind].values[region]
    assert np.isfinite(values).mean() > 0.95
    assert np.nanmean(values) == pytest.approx(_truth(chain, tissue, kind, which), rel=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_the_wall_is_as_it_was_mapped_bit_by_bit(chain, shown, kind):
    made, field = _map(chain, kind), shown[kind]
    wall = made.labels == Label.MYOCARDIUM
    assert wall.any()
    for now, before in ((field.values, made.values), (field.sd, made.sd)):
        np.testing.assert_array_equal(now[made.analysed], before[made.analysed])
        kept = wall & np.isfinite(field.values)
        np.testing.assert_array_equal(now[kept], before[kept])
    # the rest of the wall is what no tissue can have, or has no certainty at all
    gone = wall & np.isfinite(made.values) & ~np.isfinite(field.values)
    low, high = shown_range(kind, SETTINGS.pruning)
    values, sd = made.values[gone], made.sd[gone]
    uncertain = sd > (20.0 if kind is ECV else 0.6 * np.abs(values))
    assert np.all((values < low) | (values > high) | uncertain)
    assert gone.sum() < 0.1 * wall.sum()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_to_be_trusted_has_no_value(chain, shown, tissue, kind):
    field = shown[kind]
    known = np.isfinite(field.values)
    low, high = shown_range(kind, SETTINGS.pruning)
    assert np.all((field.values[known] >= low) & (field.values[known] <= high))
    np.testing.assert_array_equal(np.isfinite(field.sd), known)
    air = np.stack([ndimage.binary_erosion(one == Tissue.AIR, iterations=3, border_value=1) for one in tissue])
    assert known[air].mean() < 0.001
    assert known[tissue == Tissue.LUNG].mean() < 0.3
    assert known.mean() > (0.3 if kind is ECV else 0.5)


def test_liver_follows_the_heart_and_the_chest_does_not(chain, tissue):
    found = fit_field(chain[NATIVE], SETTINGS)
    edge_of_liver = _region(chain, tissue, NATIVE, Tissue.LIVER, 1) & ~_region(chain, tissue, NATIVE, Tissue.LIVER, 4)
    heart = np.isin(chain[NATIVE].map.labels, (Label.MYOCARDIUM, Label.CAVITY))
    assert found.follows[heart].min() > 0.98
    assert np.median(found.follows[edge_of_liver]) > 0.6
    assert np.median(found.follows[_region(chain, tissue, NATIVE, Tissue.MARROW, 1)]) < 0.1
    assert np.median(found.follows[_region(chain, tissue, NATIVE, Tissue.MUSCLE, 1)]) < 0.1


def test_following_the_motion_is_worth_it(chain, tissue):
    """Without it the edge of the liver is wrong; the pixels within two of its border tell."""
    edge = _region(chain, tissue, NATIVE, Tissue.LIVER, 1) & ~_region(chain, tissue, NATIVE, Tissue.LIVER, 3)
    series = chain[NATIVE]
    still = replace(
        series.polar,
        **{
            name: np.repeat(getattr(series.polar, name)[:, :1], series.stack.images.shape[1], axis=1)
            for name in ("centres", "inner_radius", "outer_radius")
        },
    )
    found = {
        name: np.abs(fit_field(one, SETTINGS).values[edge] - _truth(chain, tissue, NATIVE, Tissue.LIVER))
        for name, one in (("followed", series), ("not", replace(series, polar=still)))
    }
    assert np.nanpercentile(found["followed"], 75) < 0.7 * np.nanpercentile(found["not"], 75)


def test_the_ring_alone_on_demand(chain, shown):
    ring = field_maps(chain.series, chain.ecv, RING)
    for kind in KINDS:
        wall = _map(chain, kind).labels == Label.MYOCARDIUM
        np.testing.assert_array_equal(ring[kind].values[wall], shown[kind].values[wall])
        np.testing.assert_array_equal(ring[kind].sd[wall], shown[kind].sd[wall])
        assert not np.isfinite(ring[kind].values[~wall]).any()


def test_no_number_comes_from_it(chain, shown):
    whole, ring = (report(chain.series, chain.ecv, (), settings) for settings in (SETTINGS, RING))
    assert repr(whole.maps) == repr(ring.maps)  # a NaN is equal to none
    assert whole.flags == ring.flags
    for one, other in zip(whole.volumes, ring.volumes, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        np.testing.assert_array_equal(one.shown_values, shown[one.kind].values)
        np.testing.assert_array_equal(one.shown_sd, shown[one.kind].sd)


def test_a_refused_slice_shows_nothing(chain):
    series = refuse_slices(chain[T2], {1: "for the test"})
    found = field_maps([series], None, SETTINGS)[T2]
    assert not np.isfinite(found.values[1]).any()
    assert np.isfinite(found.values[2]).mean() > 0.5


def test_ecv_is_brought_over_between_series_of_other_pixels(chain, shown, tissue):
    """The post-contrast series starts elsewhere and ends sooner: the same tissue is found, and nothing beyond it."""
    stack, top, left = chain[POST].stack, 24, 10
    cut = replace(
        stack,
        images=stack.images[:, :, top:, left:],
        geometry=tuple(replace(one, position_mm=tuple(one.in_patient(top, left))) for one in stack.geometry),
    )
    drawn = SegmentationStack(POST, chain.study[POST].labels[:, :, top:, left:], np.ones(stack.times_ms.shape))
    refined = refine([cut], [drawn], SETTINGS)
    (post,) = fit([cut], refined, align([cut], refined, SETTINGS), SETTINGS)
    ecv = extracellular_volume([chain[NATIVE], post], chain.hematocrit, SETTINGS)
    found = field_maps([chain[NATIVE], post], ecv, SETTINGS)[ECV].values
    assert not np.isfinite(found[:, : top - 4]).any()
    for which in (Tissue.CAVITY, Tissue.LIVER):
        region = _region(chain, tissue, ECV, which)
        assert np.nanmean(found[region]) == pytest.approx(np.nanmean(shown[ECV].values[region]), rel=0.005)

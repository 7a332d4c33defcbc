"""What three T2-prepared images tell of the constant part of their signal, slices together."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline import align, fit, refine
from cmrmap.pipeline.common_misfit import wall_misfit
from cmrmap.pipeline.decay_offset import offset_effect
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.settings import AnalysisSettings

SETTINGS = AnalysisSettings()
THREE = [0, 1, 4]  # of the phantom's times: 0, 25, 55 ms


@pytest.fixture(scope="module")
def study():
    drawn = draw_study_parameters(seed=3, snr=30.0)
    return generate_study(replace(drawn, series=tuple(one for one in drawn.series if one.kind is MapKind.T2)))


def three_images(study):
    series = study[MapKind.T2]
    stack = replace(
        series.stack, images=series.stack.images[:, THREE], times_ms=series.stack.times_ms[:, THREE], model="t2_2p"
    )
    return stack, np.array(series.labels[:, THREE])


def mapped(stack, labels, settings=SETTINGS):
    refined = refine((stack,), (SegmentationStack(stack.kind, labels, np.ones(stack.times_ms.shape)),), settings)
    (one,) = fit((stack,), refined, align((stack,), refined, settings), settings)
    return one


@pytest.fixture(scope="module")
def prepared(study):
    return mapped(*three_images(study))


@pytest.fixture(scope="module")
def decaying(study):
    """The same heart without a constant part: images of a pure decay, by the labels of each image."""
    stack, labels = three_images(study)
    rng = np.random.default_rng(1)
    wall = 1000.0 * np.exp(-stack.times_ms / 50.0)[..., None, None]
    blood = 1300.0 * np.exp(-stack.times_ms / 200.0)[..., None, None]
    images = np.where(labels == 1, wall, np.where(labels >= 2, blood, 50.0)) + 20.0 * rng.standard_normal(labels.shape)
    return mapped(replace(stack, images=images), labels)


def test_the_phantom_s_constant_part_lengthens_t2_and_is_seen(study, prepared) -> None:
    result = series_numbers(prepared, locate(prepared)).result
    excess = [one.statistics.mean - study.truth.slice_mean(MapKind.T2, one.slice_index) for one in result.slices]
    effect = offset_effect(prepared.cells, prepared.polar.mid_wall)
    assert 6.0 < np.mean(excess) < 14.0
    assert effect.excess_ms == pytest.approx(np.mean(excess), abs=5.0)
    assert effect.excess_ms > 3.0 * effect.uncertainty_ms


def test_a_pure_decay_has_none(decaying) -> None:
    effect = offset_effect(decaying.cells, decaying.polar.mid_wall)
    assert abs(effect.excess_ms) < max(2.5 * effect.uncertainty_ms, 2.0)
    assert effect.t2_ms == pytest.approx(50.0, abs=2.0)


def test_it_is_a_warning_where_it_is_large_and_else_a_note(prepared, decaying) -> None:
    for one, severity, words in ((prepared, "warning", "ms too long"), (decaying, "info", "image): compare")):
        (flag,) = (f for f in find([series_numbers(one, locate(one))], SETTINGS) if f.code == "offset_unknown")
        assert (str(flag.severity), flag.slice_index) == (severity, None)
        assert words in flag.message


def test_what_all_slices_leave_over_alike_is_no_error_of_one(prepared) -> None:
    misfit = wall_misfit(prepared.cells, prepared.polar.mid_wall)
    assert misfit.taken_out.shape == (5, 3)
    assert misfit.kept > 0.5
    assert np.abs(misfit.taken_out).max() > 0.004
    assert (np.sign(misfit.taken_out) == np.sign(misfit.taken_out[0])).all()
    half = 1.96 * np.array([one.uncertainty for one in series_numbers(prepared, locate(prepared)).table.slices])
    assert (half < 5.0).all()  # with three images too a slice's mean may be told


def test_a_slice_s_own_error_stays_its_own(study) -> None:
    """One image of one slice brighter by a tenth: the others' misfit does not take it up."""
    stack, labels = three_images(study)
    images = np.array(stack.images)
    images[2, 1] *= 1.1
    found = mapped(replace(stack, images=images), labels)
    plain = mapped(stack, labels)
    errors = [[s.uncertainty for s in series_numbers(one, locate(one)).table.slices] for one in (plain, found)]
    assert errors[1][2] > 2.0 * errors[0][2]


def test_two_slices_and_other_models_tell_nothing(study, prepared) -> None:
    stack, labels = three_images(study)
    few = mapped(
        replace(stack, images=stack.images[:2], times_ms=stack.times_ms[:2], geometry=stack.geometry[:2]), labels[:2]
    )
    assert offset_effect(few.cells, few.polar.mid_wall) is None
    assert not wall_misfit(few.cells, few.polar.mid_wall).taken_out.any()
    other = replace(prepared.cells, model="t2_3p")  # as many images as parameters
    assert not wall_misfit(other, prepared.polar.mid_wall).taken_out.any()


def test_of_three_images_none_may_be_missing(study) -> None:
    """Two images are as many as the model has parameters: such a slice is refused, the others are not."""
    stack, labels = three_images(study)
    labels[2, 1] = 0
    settings = AnalysisSettings.from_mapping({"refinement": {"eccentricity_limit": 0.65}})
    refined = refine((stack,), (SegmentationStack(stack.kind, labels, np.ones(stack.times_ms.shape)),), settings)
    assert refined[0].usable[2].all()  # an image without an outline takes its neighbour's
    outcome, kept = np.array(refined[0].outcome), np.array(refined[0].labels)
    outcome[2, 1], kept[2, 1] = 3, 0
    gone = (replace(refined[0], outcome=outcome, labels=kept),)
    (one,) = fit((stack,), gone, align((stack,), gone, settings), settings)
    assert [(r.slice_index, r.reason) for r in one.map.refusals] == [(2, "2 of 3 images were segmented, 3 are needed")]
    result = series_numbers(one, locate(one)).result
    assert str(result.status) == "partial"
    assert [str(s.status) for s in result.slices] == ["ok", "ok", "refused", "ok", "ok"]


def test_a_slice_that_lost_an_image_has_the_share_of_its_own_times_and_no_say(prepared) -> None:
    whole = prepared.cells
    misfit = wall_misfit(whole, prepared.polar.mid_wall)
    planes = {name: np.array(getattr(whole, name)) for name in ("samples", "fitted", "sensitivity", "noise_share")}
    times = np.array(whole.times_ms)
    for one in (*planes.values(), times):
        one[2] = np.roll(one[2], -1, axis=0)  # the others have moved to its place
        one[2, -1] = np.nan
    lost = replace(whole, times_ms=times, **planes)
    found = wall_misfit(lost, prepared.polar.mid_wall)
    shrunk = found.kept / misfit.kept
    np.testing.assert_allclose(found.taken_out[2], [*(shrunk * misfit.taken_out[2, 1:]), 0.0])
    others = [0, 1, 3, 4]
    planes = {name: one[others] for name, one in planes.items()}
    alone = {
        name: getattr(whole, name)[others]
        for name in ("values", "sd", "amplitude", "offset", "t_star", "r2", "status", "noise_sd", "floor_sd", "signed")
    }
    four = replace(whole, times_ms=times[others], notes=whole.notes[:4], **planes, **alone)
    np.testing.assert_allclose(found.taken_out[others], wall_misfit(four, prepared.polar.mid_wall).taken_out)
    effect = offset_effect(lost, prepared.polar.mid_wall)
    assert effect == offset_effect(four, prepared.polar.mid_wall)

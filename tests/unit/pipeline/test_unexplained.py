"""Images that no relaxation explains are named and left out; moved, noisy and coarse studies keep all of theirs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cmrmap.core.errors import InputError, RefusedError
from cmrmap.core.findings import Refusal, Severity
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.pipeline.foreign_images import examine
from cmrmap.pipeline.stages import load_folder
from cmrmap.pipeline.unexplained import explained

_PLANE = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.5, 1.5), 8.0)
T1_TIMES = np.array([120.0, 200, 350, 1100, 1250, 2100, 3000, 30000])
T2_TIMES = np.array([0.0, 25, 40, 55, 70])
_SIZE = 96


def _images(times: np.ndarray, kind: MapKind = MapKind.NATIVE_T1, noise: float = 15.0, seed: int = 1) -> np.ndarray:
    """(time, row, column) magnitudes of four tissues in air."""
    rng = np.random.default_rng(seed)
    images = rng.normal(0.0, noise, (len(times), _SIZE, _SIZE))
    tissues = (300.0, 900, 1200, 1700) if kind is MapKind.NATIVE_T1 else (45.0, 60, 90, 180)
    for index, t in enumerate(tissues):
        decay = np.exp(-times / t)
        signal = 1000.0 * (1 - 2 * decay if kind is MapKind.NATIVE_T1 else decay)
        images[:, 16 + 16 * index : 32 + 16 * index, 16:80] += signal[:, None, None]
    return np.abs(images)


def _stack(images: np.ndarray, times: np.ndarray, kind: MapKind = MapKind.NATIVE_T1) -> WeightedStack:
    """(slice, time, row, column) images as a stack."""
    n = len(images)
    return WeightedStack(
        kind=kind,
        images=images.astype(np.float32),
        times_ms=np.tile(times, (n, 1)),
        geometry=(_PLANE,) * n,
        model="stone_2p" if kind is MapKind.NATIVE_T1 else "t2_2p",
        source_uids=tuple(tuple(f"1.2.{s}.{t}" for t in range(len(times))) for s in range(n)),
    )


def _study(*stacks: WeightedStack) -> LoadedStudy:
    return LoadedStudy(stacks, (), ())


@pytest.mark.parametrize("value", [40.0, 400.0, 1150.0, 4000.0])
@pytest.mark.parametrize("place", [2, 4, 6, 7])
def test_a_constant_image_among_the_weighted_ones_is_named(value: float, place: int) -> None:
    images = _images(T1_TIMES)
    images[place] = value
    found = examine(images, T1_TIMES, "stone_2p")
    near = abs(value - np.median(_images(T1_TIMES)[place][16:80, 16:80])) < 0.2 * value
    assert found.odd == (place,) or near


def test_nobody_waits_for_the_compiled_fit_before_the_network_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled() -> None:
        raise AssertionError("the kernel was compiled, or waited for")

    monkeypatch.setattr("cmrmap.relaxometry._backends._compiled_kernel", compiled)
    images = np.stack([_images(T1_TIMES)] * 2)
    images[1, 4] = 400.0
    study = explained(_study(_stack(images, T1_TIMES)))
    assert study.stacks[0].present.sum(axis=1).tolist() == [8, 7]


def test_a_map_among_them_is_named() -> None:
    images = _images(T1_TIMES)
    images[4] = np.where(images[-1] > 200, 0.6 * np.arange(_SIZE)[:, None] * 20, 0)
    assert examine(images, T1_TIMES, "molli_3p").odd == (4,)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_map_among_t2_weighted_images_is_named(place: int) -> None:
    images = _images(T2_TIMES, MapKind.T2)
    images[place] = 50.0
    assert examine(images, T2_TIMES, "t2_2p").odd == (place,)


def test_one_of_four_is_told_if_the_others_agree_closely() -> None:
    times = np.array([0.0, 25, 30, 55])
    images = _images(times, MapKind.T2)
    images[2] = 50.0
    assert examine(images, times, "t2_2p").odd == (2,)


def test_with_no_degree_of_freedom_left_nothing_is_told() -> None:
    images = _images(T2_TIMES[:3], MapKind.T2)
    images[1] = 50.0
    assert examine(images, T2_TIMES[:3], "t2_2p").odd == ()


@pytest.mark.parametrize("noise", [0.0, 15.0, 100.0])
@pytest.mark.parametrize("shift_px", [0, 3, 6])
def test_a_moved_image_stays(noise: float, shift_px: int) -> None:
    images = _images(T1_TIMES, noise=noise)
    images[3] = np.roll(images[3], shift_px, axis=0)
    assert examine(images, T1_TIMES, "stone_2p").odd == ()


def test_one_is_named_amid_images_that_breathing_has_moved() -> None:
    rng = np.random.default_rng(4)
    images = np.stack([np.roll(image, rng.integers(-8, 9), axis=0) for image in _images(T1_TIMES, noise=60.0)])
    plain = examine(images, T1_TIMES, "stone_2p")
    images[5] = 40.0
    assert (plain.odd, plain.misfit > 0.045) == ((), True)
    assert examine(images, T1_TIMES, "stone_2p").odd == (5,)


def test_where_either_of_two_may_be_the_foreign_one_both_are_told() -> None:
    times = np.array([0.0, 20, 20, 40, 60])
    images = _images(times, MapKind.T2)
    images[2] = 1.6 * images[0]
    images[1] = 0.5 * images[0]
    assert len(examine(images, times, "t2_2p").odd) == 2


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_an_image_a_little_brighter_than_the_others_tell_stays(share: float) -> None:
    images = _images(T1_TIMES)
    images[-1] *= share  # as the image without inversion is in vivo
    assert examine(images, T1_TIMES, "stone_2p").odd == ()


@pytest.mark.parametrize("snr", [8.0, 30.0])
def test_phantom_studies_keep_all_their_images(snr: float) -> None:
    study = generate_study(draw_study_parameters(seed=2, snr=snr))
    loaded = _study(*(one.stack for one in study.series))
    out = explained(loaded)
    assert out.flags == ()
    for before, after in zip(loaded.stacks, out.stacks, strict=True):
        np.testing.assert_array_equal(before.images, after.images)


def test_wrong_signs_are_no_reason() -> None:
    images = _images(T1_TIMES)
    signed = np.where(T1_TIMES[:, None, None] < 300, -images, images)
    stack = _stack(images[None], T1_TIMES).with_signs(signed[None].astype(np.float32), "told")
    assert explained(_study(stack)).flags == ()


def test_it_is_left_out_of_its_slice_and_told() -> None:
    images = np.stack([_images(T1_TIMES, seed=s) for s in range(3)])
    images[1, 4] = 1150.0
    out = explained(_study(_stack(images, T1_TIMES)))
    (stack,), (flag,) = out.stacks, out.flags
    assert (flag.code, flag.severity, flag.slice_index) == ("image_unexplained", Severity.WARNING, 1)
    assert flag.message.startswith("the image at 1250 ms (1.2.1.4) is excluded: it does not fit the relaxation")
    assert stack.present.sum(axis=1).tolist() == [8, 7, 8]
    np.testing.assert_array_equal(stack.times_ms[1, :7], np.delete(T1_TIMES, 4))
    np.testing.assert_array_equal(stack.images[1, :7], np.delete(images[1], 4, axis=0).astype(np.float32))
    assert np.isnan(stack.images[1, 7]).all()
    assert stack.source_uids[1] == ("1.2.1.0", "1.2.1.1", "1.2.1.2", "1.2.1.3", "1.2.1.5", "1.2.1.6", "1.2.1.7", "")


def test_one_that_every_slice_has_leaves_no_gap() -> None:
    images = np.stack([_images(T1_TIMES, seed=s) for s in range(2)])
    images[:, 4] = 1150.0
    out = explained(_study(_stack(images, T1_TIMES)))
    assert out.stacks[0].images.shape[:2] == (2, 7)
    assert out.stacks[0].present.all()
    assert len(out.flags) == 2


@pytest.mark.parametrize("values", [(1150.0, 40.0), (40.0, 1150.0), (1150.0, 1150.0), (3000.0, 300.0)])
@pytest.mark.parametrize("model", ["stone_2p", "molli_3p"])
def test_two_are_both_told(values: tuple[float, float], model: str) -> None:
    images = _images(T1_TIMES)
    images[3], images[6] = values
    assert len(examine(images, T1_TIMES, model).odd) == 2


def test_two_of_a_slice_cost_the_slice() -> None:
    images = np.stack([_images(T1_TIMES, seed=s) for s in range(2)])
    images[0, 3], images[0, 5] = 1150.0, 40.0
    out = explained(_study(_stack(images, T1_TIMES)))
    assert out.stacks[0].present.sum(axis=1).tolist() == [0, 8]
    (refusal,) = out.refusals
    assert (refusal.status, refusal.slice_index) == ("refused", 0)
    assert "first those at 1100 ms and 2100 ms" in refusal.reason
    assert [flag.code for flag in out.flags] == ["slice_not_used"]


def test_what_is_no_relaxation_at_all_is_refused() -> None:
    rng = np.random.default_rng(0)
    images = rng.permutation(_images(T1_TIMES), axis=0)[None] * rng.uniform(0.1, 1.9, (1, 8, 1, 1))
    good = _stack(_images(T2_TIMES, MapKind.T2)[None], T2_TIMES, MapKind.T2)
    out = explained(_study(_stack(images, T1_TIMES), good))
    assert [stack.kind for stack in out.stacks] == [MapKind.T2]
    assert [one.kind for one in out.refusals if one.slice_index is None] == [MapKind.NATIVE_T1]
    with pytest.raises(RefusedError, match="native_t1: "):
        explained(_study(_stack(images, T1_TIMES)))


def test_a_study_without_a_series_stays_what_it_was() -> None:
    nothing = LoadedStudy((), (Refusal(MapKind.T2, "absent", "no series"),), ())
    assert explained(nothing) == nothing


SHMOLLI_MS = np.array([100.0, 180, 260, 1100, 2100, 3100, 4100])
SHMOLLI_EPOCHS = np.array([0, 1, 2, 0, 0, 0, 0])


def _shmolli(foreign: int, epochs: np.ndarray | None) -> WeightedStack:
    """Two slices, in the first of which one image is a map."""
    images = np.stack([_images(SHMOLLI_MS, seed=s, noise=4.0) for s in range(2)])
    images[0, foreign] = 20.0
    known = None if epochs is None else np.tile(epochs, (2, 1))
    return replace(_stack(images, SHMOLLI_MS), model="shmolli_3p", epochs=known)


@pytest.mark.parametrize("epochs", [SHMOLLI_EPOCHS, None])
@pytest.mark.parametrize("foreign", [0, 3])
def test_the_inversions_move_with_their_images(foreign: int, epochs: np.ndarray | None) -> None:
    (stack,) = explained(_study(_shmolli(foreign, epochs))).stacks
    first, second = stack.epochs_of(0), stack.epochs_of(1)
    assert stack.present.sum(axis=1).tolist() == [6, 7]
    assert first is not None
    assert first[:6].tolist() == np.delete(SHMOLLI_EPOCHS, foreign).tolist()
    assert second is not None
    assert second.tolist() == SHMOLLI_EPOCHS.tolist()


def test_one_slice_without_an_image_keeps_the_inversions_of_the_others() -> None:
    both = _shmolli(3, SHMOLLI_EPOCHS)
    only = replace(
        both,
        images=both.images[:1],
        times_ms=both.times_ms[:1],
        geometry=both.geometry[:1],
        source_uids=both.source_uids[:1],
        epochs=None if both.epochs is None else both.epochs[:1],
    )
    (stack,) = explained(_study(only)).stacks
    assert stack.epochs is not None
    assert stack.epochs.tolist() == [[0, 1, 2, 0, 0, 0]]


def test_inversions_that_the_times_do_not_tell_are_taken_as_given() -> None:
    times = np.array([100.0, 1100, 1180, 2100, 3100, 4100])  # the third inversion is missing, the second was late
    images = _images(times, noise=4.0)
    images[3] = 1150.0
    assert examine(images, times, "shmolli_3p", np.array([0, 0, 1, 0, 0, 0])).odd == (3,)
    with pytest.raises(InputError, match="which inversion each image follows"):
        examine(images, times, "shmolli_3p")


def test_a_slice_whose_images_are_lost_stays_empty() -> None:
    images = np.stack([_images(T1_TIMES), np.full((8, _SIZE, _SIZE), np.nan)])
    stack = _stack(images, T1_TIMES)
    lost = replace(stack, times_ms=np.where([[True], [False]], stack.times_ms, np.nan))
    assert explained(_study(lost)).stacks == (lost,)


def test_times_that_cannot_be_fitted_are_left_to_the_fit() -> None:
    stack = _stack(_images(T1_TIMES)[None], T1_TIMES / 1000.0)
    assert explained(_study(stack)).stacks == (stack,)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("molli_native2", []), ("molli_post2", []), ("stone_subject1", []), ("t2prep_subject1", ["few_grey_levels"])],
)
def test_in_vivo_images_all_stay(folder: str, expected: list[str]) -> None:
    path = Path(__file__).parents[4] / "shared" / "data" / "real" / folder / "dicom"
    if not path.is_dir():
        pytest.skip("the real studies are not at hand")
    _, _, loaded = load_folder(path)
    assert [flag.code for flag in loaded.flags] == expected
    assert all(stack.present.all() for stack in loaded.stacks)

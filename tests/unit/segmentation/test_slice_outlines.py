"""Drawing about the likeliest place, and about others where that leaves doubt."""

import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.phantom.generate import PhantomSeries, generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.segmentation import Network, load_network, predict, predict_slice, predict_slices
from cmrmap.segmentation import slice_outlines as draw
from cmrmap.segmentation.locate import Place
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.preprocess import Crop
from cmrmap.segmentation.shape import dice
from cmrmap.segmentation.slice_outlines import Drawing, _look, _misleading, _steps, draw_at_best

MODELS = Path(__file__).resolve().parents[3] / "models"
CORNER = (0.15, 0.85)


def test_only_another_heart_misleads_not_an_image_without_one() -> None:
    assert _misleading(np.array([0.9, 0.4, 0.1, -0.1, 0.56])).tolist() == [False, True, False, False, False]


class _Sureness:
    """Stands for ``draw_about``: each place has a sureness, and is counted."""

    def __init__(self, known: dict[Place, float], hearts: dict[Place, float]) -> None:
        self.known = known
        self.hearts = hearts
        self.asked: list[Place] = []

    def __call__(self, fine: torch.Tensor, place: Place, network: StackUNet) -> Drawing:
        self.asked.append(place)
        return Drawing([], torch.tensor(self.hearts.get(place, np.nan)), fine, place, self.known[place])


def _best(
    monkeypatch: pytest.MonkeyPatch,
    known: dict[Place, float],
    proposed: int,
    n_images: int = 5,
    hearts: dict[Place, float] | None = None,
) -> tuple[Place, list[Place]]:
    """Place chosen and places asked for: the first ``proposed`` by the coarse network, the rest by the search."""
    sureness = _Sureness(known, hearts or {})
    places = list(known)
    monkeypatch.setattr(draw, "draw_about", sureness)
    monkeypatch.setattr(draw, "heart_probability", lambda network, seen: float(seen))
    monkeypatch.setattr(draw, "_search", lambda fine, network, **_: places[proposed:])
    chosen = draw_at_best(torch.zeros(n_images, 8, 8), places[:proposed], StackUNet((4, 6)))
    return chosen.place, sureness.asked


A, B, C = (0.1, 0.1), (0.5, 0.5), (0.8, 0.8)


def test_a_sure_drawing_needs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _best(monkeypatch, {A: 0.93, B: 0.99}, 2) == (A, [A])


def test_doubt_asks_for_the_other_proposals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _best(monkeypatch, {A: 0.85, B: 0.94, C: 0.99}, 2) == (B, [A, B])


def test_no_proposal_leaves_doubt_unsearched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _best(monkeypatch, {A: 0.75, B: 0.78, C: 0.94}, 2) == (C, [A, B, C])


def test_what_was_searched_must_be_clearly_surer(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _best(monkeypatch, {A: 0.84, B: 0.86}, 1)[0] == A
    assert _best(monkeypatch, {A: 0.84, B: 0.86}, 2)[0] == B


def test_two_images_are_not_enough_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _best(monkeypatch, {A: 0.5, B: 0.94}, 2, n_images=2) == (A, [A])


def test_one_image_is_outlined_where_a_heart_is_likeliest(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {A: 0.94, B: 0.9, C: 0.9}

    def found(n_images: int = 1, **hearts: float) -> tuple[Place, list[Place]]:
        return _best(monkeypatch, known, 2, n_images, dict(zip((A, B, C), hearts.values(), strict=True)))

    assert found(a=0.9, b=0.99, c=0.99) == (A, [A])  # likely enough
    assert found(a=0.3, b=0.9, c=0.99) == (B, [A, B])
    assert found(a=0.3, b=0.2, c=0.6) == (C, [A, B, C])
    assert found(a=0.3, b=0.2, c=0.1) == (A, [A, B, C])
    assert found(n_images=5, a=0.1, b=0.9, c=0.9) == (A, [A])  # with more images sureness decides


def test_where_nothing_is_outlined_there_is_no_heart_however_likely(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _best(monkeypatch, {A: 0.9, B: 0.0}, 2, 1, {A: 0.3, B: 0.95})[0] == A


def _seen(radius: float, probability: float) -> torch.Tensor:
    """(image, class, row, column): a cavity of this radius (pixels), 5 rows below and 3 columns beside the middle."""
    rows, columns = np.indices((64, 64))
    inside = torch.from_numpy(np.hypot(rows - 36.5, columns - 34.5) < radius)
    out = torch.zeros(2, 4, 64, 64)
    out[:, Label.BACKGROUND] = 1.0
    out[:, Label.BACKGROUND, inside] = 1 - probability
    out[:, Label.CAVITY, inside] = probability
    return out


def test_a_look_tells_how_sure_it_is_and_where_the_heart_lies() -> None:
    sureness, place = _look(torch.zeros(2, 128, 256), Crop(10, 20, 64), _seen(12, 0.8))
    assert sureness == pytest.approx(0.8, abs=1e-5)
    assert np.allclose(place, ((10 + 37) / 128, (20 + 35) / 256))


def test_a_spot_is_no_heart_however_sure() -> None:
    assert _look(torch.zeros(2, 128, 256), Crop(10, 20, 64), _seen(3, 0.99))[0] == 0.0


@pytest.mark.parametrize(("count", "parts"), [(40, 1), (224, 6), (800, 9)])
def test_the_search_goes_through_the_whole_field_of_view(count: int, parts: int) -> None:
    steps = _steps(count)
    assert len(steps) == parts
    assert steps[0] + steps[-1] == pytest.approx(count - 1)


@pytest.fixture(scope="module")
def series() -> PhantomSeries:
    return generate_study(draw_study_parameters(seed=1))[MapKind.NATIVE_T1]


@pytest.fixture(scope="module")
def shipped() -> Network:
    return load_network(next(path for path in MODELS.iterdir() if path.is_dir()))


def _overlap(labels: np.ndarray, truth: np.ndarray) -> float:
    return float(
        np.mean([dice(a == Label.MYOCARDIUM, b == Label.MYOCARDIUM) for a, b in zip(labels, truth, strict=True)])
    )


def test_a_heart_that_the_coarse_network_misses_is_found(
    series: PhantomSeries, shipped: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, spacing = series.stack.images[2], series.stack.geometry[2].pixel_spacing_mm
    monkeypatch.setattr(predict, "ventricle_places", lambda *_: (CORNER,))
    assert _overlap(predict_slice(images, spacing, shipped).labels, series.labels[2]) > 0.75


def test_a_slice_drawn_aside_is_drawn_where_the_others_hearts_lie(
    series: PhantomSeries, shipped: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside = predict.draw_at_best(torch.rand(1, 256, 256), [CORNER], shipped.fine)
    drawn = []

    def first_aside(fine: torch.Tensor, places: list[Place], network: StackUNet) -> Drawing:
        drawn.append(draw_at_best(fine, places, network))
        return drawn[0] if len(drawn) > 1 else replace(aside, place=CORNER, sureness=0.8)

    monkeypatch.setattr(predict, "draw_at_best", first_aside)
    middle = [2, 2, 2]  # three slices of one heart
    predictions = predict_slices(
        series.stack.images[middle], [series.stack.geometry[index] for index in middle], shipped
    )
    assert _overlap(predictions[0].labels, series.labels[2]) > 0.75


def test_a_slices_images_are_freed_once_it_is_drawn(
    series: PhantomSeries, shipped: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enlarged images of all slices of a study would take as much memory as the network."""
    enlarged: list[weakref.ref[torch.Tensor]] = []

    def watched(fine: torch.Tensor, places: list[Place], network: StackUNet) -> Drawing:
        assert [one() for one in enlarged] == [None] * len(enlarged)
        enlarged.append(weakref.ref(fine))
        return draw_at_best(fine, places, network)

    monkeypatch.setattr(predict, "draw_at_best", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # one slice after the other
    try:
        predict_slices(series.stack.images[[1, 2], :3], series.stack.geometry[1:3], shipped)
    finally:
        torch.set_num_threads(before)
    assert len(enlarged) == 2


def test_a_slice_is_drawn_again_on_its_own_images(
    series: PhantomSeries, shipped: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, list[torch.Tensor]] = {"first": [], "again": []}

    def first(fine: torch.Tensor, places: list[Place], network: StackUNet) -> Drawing:
        seen["first"].append(fine.clone())
        return Drawing([], fine, fine, places[0], 0.5)

    def again(fine: torch.Tensor, place: Place, network: StackUNet) -> Drawing:
        assert place == CORNER
        seen["again"].append(fine.clone())
        return Drawing([], fine, fine, place, 0.0)

    monkeypatch.setattr(predict, "draw_at_best", first)
    monkeypatch.setattr(predict, "draw_about", again)
    monkeypatch.setattr(predict, "places_by_the_others", lambda places, *_: [None] * (len(places) - 1) + [CORNER])
    monkeypatch.setattr(predict, "_labelled", lambda one, network: one)
    stacks, geometry = [series.stack.images[[0, 1], :3], series.stack.images[[2], :3]], series.stack.geometry
    predict.predict_stacks(stacks, [geometry[:2], geometry[2:3]], shipped)
    assert len(seen["again"]) == 2
    for one, other in zip(seen["again"], seen["first"][1:], strict=True):
        assert torch.equal(one, other)

"""The heart of one slice drawn on crops that follow it from image to image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.outlines import Label
from cmrmap.segmentation.locate import Place
from cmrmap.segmentation.motion import LEAST_CORRELATION, MAX_SHIFT_MM, estimate_shifts, outline_correlation
from cmrmap.segmentation.network import StackUNet, class_probabilities
from cmrmap.segmentation.preprocess import FINE_PIXEL_MM, Crop, normalise
from cmrmap.segmentation.recogniser import heart_probability
from cmrmap.segmentation.region_match import match_regions

_RECENTRE_MM = 8.0
_VENTRICLE_MARGIN_MM = 4.0  # the wall's outer border and what lies against it
_REFINED_SHIFT_MM = 6.5
_REGION_MARGIN_MM = 9.0
_REGION_ROUNDS = 2
_CLEAR_OUTLINES = 0.55  # correlation: images whose outlines agree better with the others' are where they belong
_FEWEST_CLEAR = 3
_SURE = 0.9  # a drawing as sure as this needs no other place to be tried: in vivo 9 in 10 at the right place are,
_UNSURE = 0.88  # and most at a wrong one are less sure than this; then the whole field of view is searched
_SURER = 0.01  # by which another proposal of the coarse network must be surer than one before it,
_SURER_SEARCHED = 0.04  # and a place that it did not propose
_LEAST_AREA_MM2 = 120.0  # of the left ventricle in an image: a spot of a few pixels is no heart, however sure
_FEWEST_IMAGES = 3  # in one or two, what is right is often drawn with no more certainty than what is wrong:
_LIKELY = 0.8  # there other places are tried where a heart is less probable than this
_SEARCH_STEP_MM = 50.0  # a crop holds a ventricle of 40 mm radius if it lies within half of this of its middle
_SEARCH_STEPS = 9  # each way at most: hearts are not sought in fields of view beyond 450 mm with the same care
_SEARCH_IMAGES = 3
_SEARCH_PLACES = 3


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the fine network draws about one place.

    Attributes
    ----------
    crops : of each image
    seen : (image, row, column) what is in them, normalised
    probabilities : (image, class, row, column)
    place : of the middle of what was drawn
    sureness : mean probability of the likeliest class over the left ventricle of all images; 0 where none was drawn
    """

    crops: list[Crop]
    seen: Tensor
    probabilities: Tensor
    place: Place
    sureness: float


def draw_at_best(fine: Tensor, places: Sequence[Place], network: StackUNet) -> Drawing:
    """Draw about the first of the places; where that leaves doubt, about the others too, and keep the surest.

    What the fine network draws about a heart it is sure of; elsewhere it draws something, and is not.

    Parameters
    ----------
    fine : (image, row, column) at ``FINE_PIXEL_MM``
    places : likeliest first, at least one
    network : the fine one
    """
    first = draw_about(fine, places[0], network)
    if len(fine) < _FEWEST_IMAGES:
        return _likeliest(fine, places[1:], network, first)
    best = _surest(fine, places[1:], network, first, _SURER)
    if best.sureness < _UNSURE:
        best = _surest(fine, _search(fine, network), network, best, _SURER_SEARCHED)
    return best


def _surest(fine: Tensor, places: Sequence[Place], network: StackUNet, first: Drawing, margin: float) -> Drawing:
    best, bar = first, first.sureness + margin
    for place in places:
        if best.sureness >= _SURE:
            break
        other = draw_about(fine, place, network)
        if other.sureness > bar:
            best, bar = other, other.sureness
    return best


def _likeliest(fine: Tensor, places: Sequence[Place], network: StackUNet, first: Drawing) -> Drawing:
    """Return, of one or two images, the drawing that is likeliest a heart: sureness does not tell there.

    The first is kept where it is likely a heart, and where the network does not tell.
    """
    best, likely = first, heart_probability(network, first.seen)
    for search in (False, True):
        if not likely < _LIKELY:
            break
        for place in _search(fine, network, by_heart=True) if search else places:
            other = draw_about(fine, place, network)
            found = heart_probability(network, other.seen) if other.sureness else 0.0
            if found > likely:
                best, likely = other, found
    return best


def _search(fine: Tensor, network: StackUNet, *, by_heart: bool = False) -> list[Place]:
    """Places of the field of view at which a look at a few of the images is surest, or likeliest shows a heart."""
    rows, columns = fine.shape[-2:]
    few = fine[np.unique(np.linspace(0, len(fine) - 1, _SEARCH_IMAGES).round()).astype(int).tolist()]
    looks = []
    for row in _steps(rows):
        for column in _steps(columns):
            crop = Crop.about((row, column))
            seen = _cut(few, [crop] * len(few))
            sureness, place = _look(fine, crop, class_probabilities(network, seen))
            looks.append((heart_probability(network, seen) if by_heart and sureness else sureness, place))
    looks.sort(reverse=True)
    return [place for _, place in looks[:_SEARCH_PLACES]]


def _steps(count: int) -> Float64Array:
    """Pixels at the middle of equal parts."""
    parts = min(int(np.ceil(count * FINE_PIXEL_MM / _SEARCH_STEP_MM)), _SEARCH_STEPS)
    return np.asarray((np.arange(parts) + 0.5) * count / parts - 0.5)


def draw_about(fine: Tensor, place: Place, network: StackUNet) -> Drawing:
    """Draw about one place, and once more about what was drawn if that lies off the crop's middle."""
    rows, columns = fine.shape[-2:]
    crop = Crop.about((place[0] * rows - 0.5, place[1] * columns - 0.5))
    crops, seen, probabilities = _draw(fine, crop, network)
    offset = _off_middle(probabilities)
    if np.hypot(*offset) * FINE_PIXEL_MM > _RECENTRE_MM:
        crop = crop.moved(*(round(float(o)) for o in offset))
        crops, seen, probabilities = _draw(fine, crop, network)
    sureness, middle = _look(fine, crop, probabilities)
    return Drawing(crops, seen, probabilities, middle, sureness)


def _look(fine: Tensor, crop: Crop, probabilities: Tensor) -> tuple[float, Place]:
    """How sure a look at a crop is, and the place of what was seen; 0 where too little was drawn."""
    best, label = probabilities.max(1)
    drawn = (label == Label.MYOCARDIUM) | (label == Label.CAVITY)
    middle = _off_middle(probabilities) + crop.size / 2
    place = float((crop.top + middle[0]) / fine.shape[-2]), float((crop.left + middle[1]) / fine.shape[-1])
    count = int(drawn.sum())
    if count * FINE_PIXEL_MM**2 < _LEAST_AREA_MM2 * len(drawn):
        return 0.0, place
    return float((best * drawn).sum()) / count, place


def _off_middle(probabilities: Tensor) -> Float64Array:
    """(row, column) pixels from the crop's middle to that of the left ventricle; zero where none was drawn."""
    ventricle = _ventricle(probabilities) > 0.5
    if not ventricle.any():
        return np.zeros(2)
    offset = np.asarray(ndimage.center_of_mass(ventricle), dtype=np.float64) - (ventricle.shape[0] - 1) / 2
    return np.asarray(offset)


def _ventricle(probabilities: Tensor) -> Float64Array:
    """(row, column) probability of the left ventricle, mean over the images."""
    return np.asarray(probabilities[:, [Label.MYOCARDIUM, Label.CAVITY]].sum(1).mean(0).numpy(), dtype=np.float64)


def _draw(fine: Tensor, crop: Crop, network: StackUNet) -> tuple[list[Crop], Tensor, Tensor]:
    """Draw on crops that follow the heart from image to image; the crops, what is in them, its class probabilities.

    First the whole crop's outlines tell how far it moved, then, once it is drawn, those about the ventricle alone:
    the chest wall does not move with it; last the regions that the other images show, for those without clear outlines.
    """
    crops = _follow(fine, [crop] * len(fine), None, MAX_SHIFT_MM)
    if len(fine) == 1:
        seen = _cut(fine, crops)
        return crops, seen, class_probabilities(network, seen)
    ventricle = _look_for_place(fine, crops, network)
    window = ndimage.gaussian_filter(ventricle, _VENTRICLE_MARGIN_MM / FINE_PIXEL_MM)
    crops = _follow(fine, crops, window, _REFINED_SHIFT_MM)
    about = ndimage.binary_dilation(ventricle > 0.5, iterations=round(_REGION_MARGIN_MM / FINE_PIXEL_MM))
    seen = _cut(fine, crops)
    clear = None
    doubtful = outline_correlation(seen.numpy(), window) < _CLEAR_OUTLINES
    if doubtful.any():
        for _ in range(_REGION_ROUNDS):
            shifts = match_regions(seen.numpy(), about, int(_REFINED_SHIFT_MM / FINE_PIXEL_MM), doubtful)
            crops = [crop.moved(*shift) for crop, shift in zip(crops, shifts.tolist(), strict=True)]
            seen = _cut(fine, crops)
        misleading = _misleading(outline_correlation(seen.numpy(), window))
        if misleading.any() and np.count_nonzero(~misleading) >= _FEWEST_CLEAR:
            clear = torch.from_numpy(~misleading)
    return crops, seen, class_probabilities(network, seen, clear)


def _look_for_place(fine: Tensor, crops: list[Crop], network: StackUNet) -> Float64Array:
    """(row, column) probability of the left ventricle in crops that follow the heart so far."""
    return _ventricle(class_probabilities(network, _cut(fine, crops)))


def _misleading(correlation: Float64Array) -> BoolArray:
    """(image,) True where the heart is seen, but not as in the others: an image of another moment of the heart's cycle.

    An image without any outline in common shows no heart of its own, and misleads nobody.
    """
    return np.asarray((correlation >= LEAST_CORRELATION) & (correlation < _CLEAR_OUTLINES))


def _follow(fine: Tensor, crops: list[Crop], window: Float64Array | None, max_shift_mm: float) -> list[Crop]:
    shifts = estimate_shifts(_cut(fine, crops).numpy(), FINE_PIXEL_MM, window, max_shift_mm)
    return [crop.moved(float(down), float(right)) for crop, (down, right) in zip(crops, shifts, strict=True)]


def _cut(fine: Tensor, crops: list[Crop]) -> Tensor:
    """(image, row, column) what is in the crops, normalised."""
    return normalise(torch.cat([crop.cut(image[None]) for crop, image in zip(crops, fine, strict=True)]))

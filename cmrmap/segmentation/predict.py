"""A slice's weighted images to labels: find the heart on the whole field of view, then draw it on a crop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor

from cmrmap.segmentation.agreement import agree
from cmrmap.segmentation.inputs import check_slice
from cmrmap.segmentation.model_folder import Network
from cmrmap.segmentation.motion import LEAST_CORRELATION, MAX_SHIFT_MM, estimate_shifts, outline_correlation
from cmrmap.segmentation.network import StackUNet
from cmrmap.segmentation.preprocess import COARSE_PIXEL_MM, FINE_PIXEL_MM, Crop, normalise, pad_to, resample
from cmrmap.segmentation.region_match import match_regions
from cmrmap.segmentation.ring import Ring, find_rings
from cmrmap.types import (
    BoolArray,
    Float64Array,
    FloatArray,
    Label,
    LabelArray,
    SegmentationStack,
    WeightedStack,
    readonly,
)

_COARSE_SIZE = 96  # rows and columns of the training views: smaller images are padded to it
_MIN_LV_PROBABILITY = 0.2  # below this, nothing in the field of view resembles a left ventricle
_RECENTRE_MM = 8.0
_VENTRICLE_MARGIN_MM = 4.0  # the wall's outer border and what lies against it
_REFINED_SHIFT_MM = 6.5
_REGION_MARGIN_MM = 9.0
_REGION_ROUNDS = 2
_CLEAR_OUTLINES = 0.55  # correlation: images whose outlines agree better with the others' are where they belong
_FEWEST_CLEAR = 3


@dataclass(frozen=True, slots=True)
class SlicePrediction:
    """Labels and confidence of one slice's images.

    Attributes
    ----------
    labels : (image, row, column) uint8 of ``Label``
    confidence : (image,) mean probability of the given label over the drawn left ventricle; 0 where none was drawn
    reasons : (image,) why an image has no labels; "" where it has
    """

    labels: LabelArray
    confidence: FloatArray
    reasons: tuple[str, ...]


def segment_images(
    images: npt.ArrayLike, pixel_spacing_mm: float | tuple[float, float], network: Network
) -> LabelArray:
    """Segment the weighted images of ONE slice.

    Parameters
    ----------
    images : (image, row, column), any real type and any positive scaling, magnitude or signed
    pixel_spacing_mm : one number, or (row spacing, column spacing) as in PixelSpacing
    network : from :func:`cmrmap.segmentation.load_network`

    Returns
    -------
    labels : (image, row, column) uint8: 0 background, 1 LV myocardium, 2 LV cavity, 3 RV; before shape refinement.
        All zero for an image that is constant or holds NaN, and where no left ventricle was found.

    Raises
    ------
    InputError : images without three axes or under 16 pixels, a pixel spacing that is missing or not positive, a field
        of view that no scanner has
    """
    return predict_slice(images, pixel_spacing_mm, network).labels


def predict_slice(
    images: npt.ArrayLike, pixel_spacing_mm: float | tuple[float, float], network: Network
) -> SlicePrediction:
    """Like :func:`segment_images`, with the confidence of each image and the reason where there is no label."""
    given = check_slice(images, pixel_spacing_mm)
    reasons = list(given.reasons)
    labels = np.zeros(given.images.shape, dtype=np.uint8)
    confidence = np.zeros(len(reasons), dtype=np.float32)
    good = [index for index, reason in enumerate(reasons) if not reason]
    if good:
        with torch.inference_mode():
            found = _predict(torch.from_numpy(given.images[good]), given.spacing_mm, network)
        if found is None:
            for index in good:
                reasons[index] = "no left ventricle was found in the field of view"
        else:
            labels[good], confidence[good] = found
            for index in good:
                if not labels[index].any():
                    reasons[index] = "no left ventricle was drawn on this image"
    return SlicePrediction(readonly(labels), readonly(confidence), tuple(reasons))


def _probabilities(network: StackUNet, images: Tensor, clear: Tensor | None = None) -> Tensor:
    """Normalised images (image, row, column) of one slice to class probabilities (image, class, row, column)."""
    device = next(network.parameters()).device
    logits: Tensor = network(images.unsqueeze(0).to(device), clear)
    return logits.squeeze(0).softmax(1).cpu()


def _find_ventricle(images: Tensor, spacing: tuple[float, float], network: StackUNet) -> tuple[float, float] | None:
    """Centre (row, column, fractions of the field of view) of the left ventricle, agreed on by all images."""
    small = resample(images, spacing, COARSE_PIXEL_MM)
    rows, columns = small.shape[-2:]
    stride = network.stride
    padded = pad_to(
        small, max(_COARSE_SIZE, -(-rows // stride) * stride), max(_COARSE_SIZE, -(-columns // stride) * stride)
    )
    probability = _probabilities(network, normalise(padded))[:, [Label.MYOCARDIUM, Label.CAVITY]].sum(1).mean(0)
    smooth = ndimage.gaussian_filter(probability[:rows, :columns].numpy(), 1.0)
    if smooth.max() < _MIN_LV_PROBABILITY:
        return None
    objects, _ = ndimage.label(smooth > 0.5 * smooth.max())
    masses = ndimage.sum_labels(smooth, objects, np.arange(1, objects.max() + 1))
    centre = ndimage.center_of_mass(smooth, objects, int(np.argmax(masses)) + 1)
    return float((centre[0] + 0.5) / rows), float((centre[1] + 0.5) / columns)


def _draw(fine: Tensor, crop: Crop, network: StackUNet) -> tuple[list[Crop], Tensor, Tensor]:
    """Draw on crops that follow the heart from image to image; the crops, what is in them, its class probabilities.

    First the whole crop's outlines tell how far it moved, then, once it is drawn, those about the ventricle alone:
    the chest wall does not move with it; last the regions that the other images show, for those without clear outlines.
    """
    crops = _follow(fine, [crop] * len(fine), None, MAX_SHIFT_MM)
    seen = _cut(fine, crops)
    probabilities = _probabilities(network, seen)
    if len(fine) > 1:
        ventricle = probabilities[:, [Label.MYOCARDIUM, Label.CAVITY]].sum(1).mean(0).numpy()
        window = ndimage.gaussian_filter(np.asarray(ventricle, dtype=np.float64), _VENTRICLE_MARGIN_MM / FINE_PIXEL_MM)
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
        probabilities = _probabilities(network, seen, clear)
    return crops, seen, probabilities


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


def _predict(
    images: Tensor, spacing: tuple[float, float], network: Network
) -> tuple[LabelArray, npt.NDArray[np.float32]] | None:
    centre = _find_ventricle(images, spacing, network.coarse)
    if centre is None:
        return None
    fine = resample(images, spacing, FINE_PIXEL_MM)
    rows, columns = fine.shape[-2:]
    crop = Crop.about((centre[0] * rows - 0.5, centre[1] * columns - 0.5))
    crops, seen, probabilities = _draw(fine, crop, network.fine)
    # the crop that the coarse network proposed may be off; what was drawn on it says by how much
    ventricle = probabilities[:, [Label.MYOCARDIUM, Label.CAVITY]].sum(1).mean(0).numpy() > 0.5
    if ventricle.any():
        offset = np.asarray(ndimage.center_of_mass(ventricle)) - (crop.size - 1) / 2
        if np.hypot(*offset) * FINE_PIXEL_MM > _RECENTRE_MM:
            crops, seen, probabilities = _draw(fine, crop.moved(*(round(float(o)) for o in offset)), network.fine)
    outside = torch.zeros(probabilities.shape[1])
    outside[Label.BACKGROUND] = 1.0
    shape = (images.shape[-2], images.shape[-1])
    labels = np.zeros((len(images), *shape), dtype=np.uint8)
    confidence = np.zeros(len(images), dtype=np.float32)
    rings = agree(find_rings(probabilities.numpy(), FINE_PIXEL_MM, seen.numpy()), seen.numpy())
    # one after the other: the probabilities of all images at once would take gigabytes where the matrix is large
    for index, (one, probability, ring) in enumerate(zip(crops, probabilities, rings, strict=True)):
        full = one.paste_back(probability[None], (rows, columns), shape, outside)[0]
        best, label = _as_ring(full, ring, one, (rows, columns))
        ventricle_pixels = (label == Label.MYOCARDIUM) | (label == Label.CAVITY)
        labels[index] = label.numpy()
        confidence[index] = float((best * ventricle_pixels).sum() / ventricle_pixels.sum().clamp_min(1))
    return labels, confidence


def _as_ring(full: Tensor, ring: Ring | None, crop: Crop, resampled: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Probability and label (row, column) of each pixel of the image: the ring, and what the network sees around it.

    ``full`` (class, row, column) are the class probabilities on the image's own pixels.
    """
    if ring is None:
        best, label = full.max(0)
        return best, label
    # outside the ring only background and right ventricle are left
    label = torch.where(full[Label.RIGHT_VENTRICLE] > full[Label.BACKGROUND], int(Label.RIGHT_VENTRICLE), 0)
    rows, columns = (
        (np.arange(count) + 0.5) * size / count - 0.5 - begin
        for count, size, begin in zip(full.shape[1:], resampled, (crop.top, crop.left), strict=True)
    )
    grid = rows[:, None], columns[None, :]
    label[torch.from_numpy(ring.epicardium.contains(*grid))] = Label.MYOCARDIUM
    label[torch.from_numpy(ring.endocardium.contains(*grid))] = Label.CAVITY
    return full.gather(0, label[None])[0], label


def segment_stack(stack: WeightedStack, network: Network) -> SegmentationStack:
    """Segment every image of every slice; images that are not there keep empty labels and a NaN confidence."""
    labels = np.zeros(stack.images.shape, dtype=np.uint8)
    confidence = np.full(stack.times_ms.shape, np.nan, dtype=np.float32)
    present: BoolArray = stack.present
    for index, geometry in enumerate(stack.geometry):
        times = np.flatnonzero(present[index])
        if len(times):
            prediction = predict_slice(stack.images[index, times], geometry.pixel_spacing_mm, network)
            labels[index, times] = prediction.labels
            confidence[index, times] = prediction.confidence
    return SegmentationStack(stack.kind, labels, confidence)

"""What files and screen have in common: pixels of a file, and whether the viewer shows them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from scipy import ndimage

from tests.ohif_page import NotShownError, OpenStudy

_MARGIN = 12  # pixels around a segmentation, of the map
_COLOURED = 24  # grey levels between the largest and the smallest channel: drawn over a grey image


def seen_if(truth: bool, what: str) -> None:
    """Raise :class:`NotShownError` for what is not seen."""
    if not truth:
        raise NotShownError(what)


def _windowed(image: Dataset) -> npt.NDArray[np.float64]:
    """Grey of every pixel, 0 to 1, under the image's own window (DICOM PS3.3 C.11.2.1.2)."""
    values = image.pixel_array * float(image.get("RescaleSlope", 1.0)) + float(image.get("RescaleIntercept", 0.0))
    centre, width = float(image.WindowCenter), float(image.WindowWidth)
    return np.clip((values - (centre - 0.5)) / (width - 1.0) + 0.5, 0.0, 1.0)


def _middle_of(image: Dataset) -> tuple[slice, slice]:
    """Where the heart is, away from the words in the viewport's corners."""
    return slice(image.Rows // 3, 2 * image.Rows // 3), slice(image.Columns // 3, 2 * image.Columns // 3)


def see_grey(study: OpenStudy, image: Dataset, name: str) -> None:
    """The image's middle is on the screen under its window; else :class:`NotShownError`."""
    _see(study, image, np.repeat(255.0 * _windowed(image)[..., None], 3, axis=-1), name)


def see_colours(study: OpenStudy, image: Dataset, name: str) -> None:
    """The picture's middle is on the screen in its colours; else :class:`NotShownError`."""
    wanted = image.pixel_array.astype(float)
    assert (np.ptp(wanted[_middle_of(image)], axis=-1) > _COLOURED).mean() > 0.01
    _see(study, image, wanted, name)


def _see(study: OpenStudy, image: Dataset, wanted: npt.NDArray[np.float64], name: str) -> None:
    colours, inside = study.shown_on(image)
    at = _middle_of(image)
    seen_if(bool(inside[at].all()), f"{name}: not laid out yet")
    apart = np.abs(colours[at] - wanted[at]).mean() / 255.0
    seen_if(apart < 0.03, f"{name}: {apart:.3f}")


def labels_of_images(segmentation: Dataset, maps: dict[str, Dataset]) -> dict[str, npt.NDArray[np.uint8]]:
    """SOP instance of the map -> segment number of every pixel, from the frames' own references."""
    labels: dict[str, npt.NDArray[np.uint8]] = {}
    for frame, mask in zip(segmentation.PerFrameFunctionalGroupsSequence, segmentation.pixel_array, strict=True):
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        label = labels.setdefault(str(source.ReferencedSOPInstanceUID), np.zeros(mask.shape, np.uint8))
        label[mask > 0] = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    assert labels.keys() <= maps.keys()
    return labels


def see_overlay(study: OpenStudy, image: Dataset, label: npt.NDArray[np.uint8], name: str) -> None:
    """Colour is where the segments are and nowhere else, each segment has its own, and below it is the map."""
    colours, inside = study.shown_on(image)
    rows, columns = np.nonzero(label)
    at = (
        slice(max(rows.min() - _MARGIN, 0), rows.max() + _MARGIN),
        slice(max(columns.min() - _MARGIN, 0), columns.max() + _MARGIN),
    )
    seen_if(bool(inside[at].all()), f"{name}: not laid out yet")
    seen, wanted = colours[at].astype(int), label[at]
    coloured = np.ptp(seen, axis=-1) > _COLOURED
    outside = ~ndimage.binary_dilation(wanted > 0)
    on, beside = coloured[wanted > 0].mean(), coloured[outside].mean()
    seen_if(on > 0.99, f"{name}: {on:.3f} of the segments is coloured")
    seen_if(beside < 0.01, f"{name}: {beside:.3f} beside the segments is coloured")
    grey = np.abs(seen.mean(axis=-1) / 255.0 - _windowed(image)[at])[outside]
    seen_if(grey.mean() < 0.03, f"{name}: not the map below")
    hues = {}
    for number in np.unique(wanted[wanted > 0]):
        core = ndimage.binary_erosion(wanted == number)
        tint = np.median(seen[core] - seen[core].mean(axis=-1, keepdims=True), axis=0)
        hues[int(number)] = tint / np.abs(tint).max()
    numbers = sorted(hues)
    apart = [np.abs(hues[a] - hues[b]).max() for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
    seen_if(min(apart) > 0.05, f"{name}: two segments of one colour")

"""Why a series that looks like mapping may not be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.core.relaxation_models import MODELS
from cmrmap.dicom.headers.cleaning import clean_uid
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.selection.echo_trains import echo_time_fault
from cmrmap.dicom.selection.image_rules import inverted_polarity
from cmrmap.dicom.selection.series_rules import (
    long_axis_words,
    names_a_map,
    other_organ_words,
    other_quantity_words,
    scout_words,
    stress_words,
)
from cmrmap.dicom.selection.slices import Frame
from cmrmap.dicom.selection.time_units import unit_fault
from cmrmap.dicom.selection.timing import Timing, explain_no_timing
from cmrmap.dicom.selection.timing_rules import TIMING_RULES

_FEWEST_PIXELS = 16  # rows and columns; below it there is no heart to draw
_WIDEST_MM = 1000.0  # field of view: no scanner images more at once
#: images of one slice from which a T1 series without the name of a mapping sequence is a scout: those have one a phase,
#: mapping has 17 at most (MOLLI 3-3-5 and its like 11, STONE 11, SASHA 10 to 15)
_MOST_UNNAMED = 20

Slices = tuple[tuple[Frame, ...], ...]


@dataclass(frozen=True, slots=True)
class _WordFault:
    """Words in a description for which a series is refused, and how that is told."""

    words: Callable[[Dataset], str]
    told: str


_WORD_FAULTS = (
    _WordFault(other_organ_words, 'its description names another organ ("{}"); expected the heart'),
    _WordFault(long_axis_words, 'its description names a long-axis view ("{}"); expected short-axis slices'),
    _WordFault(stress_words, 'its description names stress ("{}"); expected rest'),
    _WordFault(other_quantity_words, 'its description names another quantity ("{}"); expected T1, T2 or T2*'),
)


def image_fault(slices: Slices) -> str | None:
    """Say why the images of a series, whatever they are weighted by, may not be used; None where they may.

    Parameters
    ----------
    slices : frames [slice][frame]
    """
    header = slices[0][0].header
    matrix = slices[0][0].matrix
    if min(matrix) < _FEWEST_PIXELS:
        return f"its images are {matrix[0]} x {matrix[1]} pixels; expected at least {_FEWEST_PIXELS} each way"
    spacing = slices[0][0].geometry.pixel_spacing_mm
    widest = max(matrix[0] * spacing[0], matrix[1] * spacing[1])
    if widest > _WIDEST_MM:
        return f"its images are {widest:.0f} mm wide; expected at most {_WIDEST_MM:.0f} mm; check PixelSpacing"
    for keyword in ("FrameOfReferenceUID", "StudyInstanceUID"):
        if not clean_uid(text(header, keyword)):
            found = f"an invalid {keyword}" if text(header, keyword) else f"no {keyword}"
            return f"its images have {found}, which every map must share with them; export the originals"
    inverted = [inverted_polarity(frame.header) for members in slices for frame in members]
    if all(inverted):
        return inverted[0]
    for rule in _WORD_FAULTS:
        words = rule.words(header)
        if words:
            return rule.told.format(words)
    return None


def series_fault(slices: Slices, weighting: Weighting, timing: Timing | None, model: str) -> str | None:
    """Say why a series may not be used; None where it may.

    Parameters
    ----------
    slices : frames [slice][frame]
    weighting, timing, model : what it was taken for
    """
    header = slices[0][0].header
    most_images = max(len(members) for members in slices)
    if most_images < 2:
        return f"it has one image at each of {len(slices)} positions; expected several with different times"
    fault = image_fault(slices)
    if fault is not None:
        return fault
    scout = scout_words(header)
    if weighting is Weighting.T1 and most_images > _MOST_UNNAMED and (scout or not names_a_map(header)):
        named = f'by its description ("{scout}") and ' if scout else "by "
        what = f"it is a scout for the inversion time {named}its {most_images} images of one slice"
        return f"{what}; expected a mapping series"
    if timing is None:
        headers = [[frame.header for frame in members] for members in slices]
        return explain_no_timing(headers, weighting, TIMING_RULES)
    units = unit_fault(timing.times_ms, weighting, model)
    if units:
        return units
    most = max(len({time for time in row if time is not None}) for row in timing.times_ms)
    if most < MODELS[model].fewest_images:
        fewest = MODELS[model].fewest_images
        return f"no slice has images at more than {most} different times; expected at least {fewest} for {model}"
    return echo_time_fault([[frame.header for frame in members] for members in slices], weighting, timing)

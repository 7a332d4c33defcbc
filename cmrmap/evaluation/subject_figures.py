"""One subject with everything that is measured of its outlines: overlap, borders, values, and the signs of doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.evaluation.border_errors import BORDERS, BorderErrors, border_errors
from cmrmap.evaluation.border_rays import N_RAYS, Rays
from cmrmap.evaluation.outline_values import OutlineValues, codes, values_by
from cmrmap.evaluation.repeatability import outlines_of_the_others
from cmrmap.evaluation.sectors import Sectors, insertion_points, reader_levels, sectors_of
from cmrmap.evaluation.subjects import Subject, SubjectOverlap, overlap_of
from cmrmap.quality.outline_flags import outline_flags
from cmrmap.segmentation import Network, SlicePrediction
from cmrmap.segmentation.border import N_ANGLES
from cmrmap.segmentation.refine import refine_segmentation


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """One slice.

    Attributes
    ----------
    sectors : of its rays
    ours : borders that the network drew against the reader's
    repeat : what the reader's outlines of the slice's other images give, against the reader's outlines of each image
    confidence : mean over the images, as the application judges it
    heart_probability : that it shows a left ventricle in short axis; NaN where the network does not tell
    doubt : (border, ray) probability that the border lies more than 3 mm off; NaN where the network does not tell
    told : codes of what the application says of the slice, each with its severity
    """

    sectors: Sectors
    ours: BorderErrors
    repeat: BorderErrors
    confidence: float
    heart_probability: float
    doubt: Float64Array
    told: dict[str, Severity]

    @property
    def warnings(self) -> tuple[str, ...]:
        """Codes of what is more than a note."""
        return tuple(code for code, severity in self.told.items() if severity is not Severity.INFO)


@dataclass(frozen=True, slots=True)
class SubjectValues:
    """T1 or T2 by three sets of outlines, all else the same.

    Attributes
    ----------
    ours : by the network's
    reader : by the reader's
    repeat : by the reader's of the slice's other images
    """

    ours: OutlineValues
    reader: OutlineValues
    repeat: OutlineValues

    @staticmethod
    def slice_errors(one: OutlineValues, reader: OutlineValues) -> Float64Array:
        """(slice,) mean minus the reader's; NaN where either has none."""
        return one.mean - reader.mean

    @staticmethod
    def segment_errors(one: OutlineValues, reader: OutlineValues) -> Float64Array:
        """(segment,) the same of every segment of a slice that both have."""
        pairs = zip(one.segments, reader.segments, strict=True)
        return np.array([mine[name] - theirs[name] for mine, theirs in pairs for name in mine if name in theirs])


@dataclass(frozen=True, slots=True)
class SubjectFigures:
    """One subject; ``values`` is None where it brings no times to fit."""

    name: str
    overlap: SubjectOverlap
    slices: tuple[SliceFigures, ...]
    values: SubjectValues | None


def subject_figures(subject: Subject, network: Network) -> SubjectFigures:
    """Draw a subject and measure everything.

    Parameters
    ----------
    subject : with a reader's outlines
    network : to measure
    """
    drawn = subject.drawn_by(network)
    outlines = _by_network(MapKind.NATIVE_T1 if subject.stack is None else subject.stack.kind, drawn)
    labels = outlines.labels
    others = np.stack([outlines_of_the_others(one) for one in subject.masks])
    stack = subject.stack
    points = None if stack is None else insertion_points(stack, labels)
    values = None
    if stack is not None and points is not None:
        values = SubjectValues(
            values_by(stack, outlines, points),
            values_by(stack, _by_reader(stack.kind, subject.masks), points),
            values_by(stack, _by_reader(stack.kind, others), points),
        )
    levels = reader_levels(subject.masks, [float(np.prod(one.pixel_spacing_mm)) for one in subject.geometry])
    flags = _flags_without_fit(outlines) if values is None else ()
    slices = []
    for index, reader in enumerate(subject.masks):
        spacing, images = subject.geometry[index].pixel_spacing_mm, subject.images[index]
        slices.append(
            SliceFigures(
                sectors_of(Rays((0.0, 0.0), spacing).middles, levels[index], points, stack, index),
                border_errors(images, labels[index], reader, spacing),
                border_errors(images, others[index], reader, spacing),
                _confidence(drawn[index]),
                drawn[index].heart_probability,
                _doubt(drawn[index]),
                codes(flags, index) if values is None else values.ours.told(index),
            )
        )
    return SubjectFigures(subject.name, overlap_of(subject, drawn), tuple(slices), values)


def _confidence(drawn: SlicePrediction) -> float:
    has = (drawn.labels == Label.MYOCARDIUM).any(axis=(1, 2))
    return float(drawn.confidence[has].mean()) if has.any() else 0.0


def _doubt(drawn: SlicePrediction) -> Float64Array:
    """(border, ray) mean over each ray's width of what the network tells about angles."""
    if drawn.border_doubt is None:
        return np.full((len(BORDERS), N_RAYS), np.nan)
    return np.asarray(drawn.border_doubt.reshape(len(BORDERS), N_RAYS, -1).mean(axis=-1), dtype=np.float64)


def _by_network(kind: MapKind, drawn: Sequence[SlicePrediction]) -> SegmentationStack:
    unknown = np.full((len(BORDERS), N_ANGLES), np.nan, dtype=np.float32)
    return SegmentationStack(
        kind,
        np.stack([one.labels for one in drawn]),
        np.stack([one.confidence for one in drawn]),
        np.array([one.heart_probability for one in drawn], dtype=np.float32),
        np.stack([unknown if one.border_doubt is None else one.border_doubt for one in drawn]),
    )


def _by_reader(kind: MapKind, masks: LabelArray) -> SegmentationStack:
    return SegmentationStack(kind, masks, np.ones(masks.shape[:2], dtype=np.float32))


def _flags_without_fit(outlines: SegmentationStack) -> tuple[QualityFlag, ...]:
    present = np.ones(outlines.labels.shape[:2], dtype=np.bool_)
    return outline_flags(refine_segmentation(outlines, present))

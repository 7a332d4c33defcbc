"""A reader's contours in the place of the network's, and images and slices left out as a reader wants it.

A contour that is the network's own, pixel for pixel, on an image of its slice is unedited: the slice stays as the
network left it. So a segmentation of which one slice was edited changes that slice alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cmrmap.alignment import choose_reference, to_polar
from cmrmap.core.arrays import LabelArray
from cmrmap.core.corrections import Corrections, ReaderContour, left_out_because
from cmrmap.core.findings import QualityFlag
from cmrmap.core.outlines import ImageOutcome, Label, Reading, RefinedSegmentation
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.carried import carried
from cmrmap.quality.catalogue.reader_findings import READER_CONTOURS, READER_CONTOURS_REFUSED, READER_EXCLUDED
from cmrmap.segmentation.shape import heart_shape

_SPECK_PX = 5  # a stray stroke of the brush, or a pinhole; what is larger was meant
_SIDE_BY_SIDE = "two objects have different contours for the slice; remove the wrong one ({others})"


def correct(
    stacks: Sequence[WeightedStack], refined: Sequence[RefinedSegmentation], corrections: Corrections
) -> tuple[RefinedSegmentation, ...]:
    """Return the outlines with what a reader corrected; series that nobody corrected are returned as they are.

    Parameters
    ----------
    stacks, refined : of the same series in the same order
    corrections : of the study
    """
    return tuple(
        _corrected(stack, one, corrections) if corrections.touches(stack.kind) else one
        for stack, one in zip(stacks, refined, strict=True)
    )


def _corrected(stack: WeightedStack, network: RefinedSegmentation, corrections: Corrections) -> RefinedSegmentation:
    series = _Series(stack, network)
    by_slice: dict[int, list[ReaderContour]] = {}
    for contour in corrections.contours:
        if contour.kind is stack.kind:
            by_slice.setdefault(contour.slice_index, []).append(contour)
    for index, contours in sorted(by_slice.items()):
        series.draw(index, contours)
    for one in corrections.slices:
        if one.kind is stack.kind:
            series.leave_out(one.slice_index, one.images, one.excluded)
    return series.finished()


class _Series:
    """The outlines of one series while a reader's corrections are applied."""

    def __init__(self, stack: WeightedStack, network: RefinedSegmentation) -> None:
        self.stack, self.network = stack, network
        self.labels, self.outcome = np.array(network.labels), np.array(network.outcome)
        self.donor = np.array(network.donor)
        self.drawn = np.zeros(len(self.labels), dtype=np.bool_)
        self.excluded: dict[int, str] = {}
        self.findings: list[QualityFlag] = []

    def draw(self, index: int, contours: Sequence[ReaderContour]) -> None:
        """Let a reader's contours take the place of the network's on a slice, or say why they cannot."""
        by_source: dict[str, dict[int | None, LabelArray]] = {}
        for one in contours:
            by_source.setdefault(one.source, {})[one.time_index] = one.labels
        edited = {source: drawn for source, drawn in by_source.items() if not self._is_network(index, drawn)}
        if not edited:
            return
        first, *others = edited
        if any(not _alike(edited[first], edited[other]) for other in others):
            self._refuse(index, first, _SIDE_BY_SIDE.format(others=", ".join(others)))
            return
        made: dict[int, LabelArray] = {}
        for time, labels in edited[first].items():
            place = self._reference(index) if time is None else time
            if place < 0:
                self._refuse(index, first, "it names no image, and the network segmented no image at its position")
                return
            ring = closed_ring(labels)
            if isinstance(ring, str):
                self._refuse(index, first, ring)
                return
            made[place] = ring
        self._take(index, made)
        n_drawn, n_present = len(made), int(np.count_nonzero(self.stack.present[index]))
        how = f"drawn on {n_drawn} of {n_present} images" + (
            ", propagated to the others" if n_drawn < n_present else ""
        )
        self.findings.append(READER_CONTOURS.flag(self.stack.kind, index, how=how, source=first))

    def leave_out(self, index: int, images: Sequence[int], excluded: str | None) -> None:
        """Leave out images of a slice, or all of it."""
        if images:
            times = list(images)
            self.labels[index, times], self.outcome[index, times] = 0, ImageOutcome.LEFT_OUT
            named = ", ".join(f"{self.stack.times_ms[index, time]:g} ms" for time in times)
            self.findings.append(READER_EXCLUDED.flag(self.stack.kind, index, what=f"images at {named}"))
        if excluded is not None:
            self.excluded[index] = left_out_because(excluded)

    def finished(self) -> RefinedSegmentation:
        """Return the outlines."""

        def unless_drawn(told: np.ndarray | None) -> np.ndarray | None:
            """Return it without the slices that a reader drew: the network tells of its own outlines only."""
            if told is None:
                return None
            out = np.array(told)
            out[self.drawn] = np.nan
            return out

        return replace(
            self.network,
            labels=self.labels,
            outcome=self.outcome,
            donor=self.donor,
            confidence=unless_drawn(self.network.confidence),
            heart_probability=unless_drawn(self.network.heart_probability),
            border_doubt=unless_drawn(self.network.border_doubt),
            reading=Reading(self.network, self.drawn, self.excluded, tuple(self.findings)),
        )

    def _take(self, index: int, made: Mapping[int, LabelArray]) -> None:
        present = np.flatnonzero(self.stack.present[index]).tolist()
        nearest: dict[int, list[int]] = {time: [] for time in made}
        for time in present:
            if time not in made:
                nearest[min(made, key=lambda one: (abs(one - time), one))].append(time)
        known = np.where(self.network.usable[index][:, None, None], self.network.labels[index], 0).astype(np.uint8)
        every = dict(made)
        for source, targets in nearest.items():
            if targets:
                images = np.asarray(self.stack.images[index])
                pixel_mm = float(np.sqrt(np.prod(self.stack.geometry[index].pixel_spacing_mm)))
                every |= carried(made[source], source, targets, images, known, pixel_mm)
        for time, labels in every.items():
            out = np.array(labels)
            if not (out == Label.RIGHT_VENTRICLE).any():  # few readers draw it, and the insertion points need it
                out[(out == 0) & (known[time] == Label.RIGHT_VENTRICLE)] = Label.RIGHT_VENTRICLE
            self.labels[index, time] = out
            self.outcome[index, time], self.donor[index, time] = ImageOutcome.PASSED, -1
        self.drawn[index] = True

    def _refuse(self, index: int, source: str, reason: str) -> None:
        self.findings.append(READER_CONTOURS_REFUSED.flag(self.stack.kind, index, source=source, reason=reason))

    def _is_network(self, index: int, drawn: Mapping[int | None, LabelArray]) -> bool:
        """Whether every contour is the network's own on an image of the slice."""
        own = [self.network.labels[index, t] for t in np.flatnonzero(self.network.usable[index])]
        return all(any(_same_wall(labels, one) for one in own) for labels in drawn.values())

    def _reference(self, index: int) -> int:
        """Return the image that the network's map of a slice lies on; -1 where it outlined none."""
        only = self.stack.images[[index]], self.network.labels[[index]], self.network.usable[[index]]
        polar = to_polar(*only, self.stack.kind, pixel_aspect=self.stack.pixel_aspect[[index]])
        outcome = replace(
            self.network,
            labels=self.network.labels[[index]],
            outcome=self.network.outcome[[index]],
            donor=self.network.donor[[index]],
            confidence=None,
            heart_probability=None,
            border_doubt=None,
        )
        return int(choose_reference(outcome, polar)[0])


def closed_ring(labels: LabelArray) -> LabelArray | str:
    """Return what a reader drew as one ring about its cavity, or why it is none.

    Parameters
    ----------
    labels : (row, column) uint8 of ``Label``
    """
    shape = heart_shape(labels, _SPECK_PX)
    wall, blood = labels == Label.MYOCARDIUM, labels == Label.CAVITY
    if shape.euler_number != 0:
        return "its wall is not a closed ring; close it, with one wall per slice"
    if np.count_nonzero(wall & ~shape.wall) > _SPECK_PX:
        return "its wall has several parts; draw one wall per slice"
    if np.count_nonzero(blood & ~shape.body) > _SPECK_PX:
        return "its blood pool lies outside the wall; it must lie inside the ring"
    return shape.labels()


def _same_wall(one: LabelArray, other: LabelArray) -> bool:
    """Whether two outlines have the same wall, with its cavity in it, and the same right ventricle if one is drawn."""
    drawn = [label for label in (Label.MYOCARDIUM, Label.RIGHT_VENTRICLE) if (one == label).any()]
    return all(np.array_equal(one == label, other == label) for label in drawn)


def _alike(one: Mapping[int | None, LabelArray], other: Mapping[int | None, LabelArray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(labels, other[time]) for time, labels in one.items())

"""A map of one series with everything that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from cmrmap.alignment import CartesianWeights, region_weights
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import RefinedSegmentation
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.scanner_map import ValueSource
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.echo_train import first_echo
from cmrmap.pipeline.error_model import ErrorModel
from cmrmap.pipeline.polar_fit import PolarFit


@dataclass(frozen=True, slots=True)
class FittedCells:
    """The fit of every cell of the polar grid, and the error model that was made of its residuals.

    Attributes
    ----------
    cells : amplitude, offset, T and samples of every cell
    errors : variance of any weighted sum of the cells' values
    """

    cells: PolarFit
    errors: ErrorModel


class KnownErrors(Protocol):
    """How far a weighted sum of polar cells may be off: by a fit's residuals, or as the scanner tells it."""

    def variance(self, cells: Float64Array) -> float:
        """Return the variance of a weighted sum of the cells' values: see ``ErrorModel.variance``.

        Parameters
        ----------
        cells : (slice, angle, depth) weight of every cell

        Returns
        -------
        float
            in the square of the map's unit; NaN where an error is not known
        """


@dataclass(frozen=True, slots=True)
class MappedSeries:
    """A map with everything that it was made from.

    Attributes
    ----------
    stack : the images
    refined : their outlines
    polar : their walls on the polar grid
    map : the values, on that grid and on pixels
    weights : lead from the polar grid to the map's pixels
    cells : the fit of every cell of that grid; None where the values are read off the scanner's map
    errors : how far a mean of cells may be off
    left_out : per slice (n,) indices of images with an outline that take no part in the fit: those that the others
        contradict, and a first echo that is low
    blood_pixels : (slice, row, column) pixels of the wall that lie in the edge of the blood: no mean counts them
    low_first_echo : by what share the first echo of a train lies below the decay of the later ones, where it was left
        out; NaN where it was not
    wall_like_blood : (slice,) share of the wall's circumference that is hardly told from the cavity; NaN where nobody
        knows: in a slice that was not made, and in a fitted map
    findings : what the check of the finished map found
    called : which map it was taken for before its T1 told otherwise; None where it is what it was called
    network : the same with the network's outlines, where a reader corrected some; None where nobody did
    """

    stack: WeightedStack
    refined: RefinedSegmentation
    polar: PolarStack
    map: ParameterMap
    weights: CartesianWeights
    cells: PolarFit | None
    errors: KnownErrors
    left_out: tuple[IntArray, ...]
    blood_pixels: BoolArray
    low_first_echo: float
    wall_like_blood: Float64Array
    findings: tuple[QualityFlag, ...] = ()
    called: MapKind | None = None
    network: MappedSeries | None = None

    @property
    def fit(self) -> FittedCells | None:
        """The fit and what its residuals tell; None where there was none."""
        if self.cells is None or not isinstance(self.errors, ErrorModel):
            return None
        return FittedCells(self.cells, self.errors)

    @property
    def source(self) -> ValueSource:
        """What the values were taken from."""
        return "weighted_images" if self.stack.scanner is None else "scanner_map"

    @property
    def kind(self) -> MapKind:
        """Which map this is."""
        return self.map.kind

    @property
    def first_called(self) -> MapKind:
        """Which map it was taken for before its T1 was measured."""
        return self.kind if self.called is None else self.called

    @property
    def faults(self) -> dict[int | None, str]:
        """What an error-level finding says, by slice; None: of the whole map."""
        return {flag.slice_index: flag.message for flag in self.findings if flag.severity is Severity.ERROR}

    @property
    def made(self) -> BoolArray:
        """(slice,) True for the slices that were mapped."""
        return np.asarray(self.map.reference_time >= 0, dtype=np.bool_)

    @property
    def used(self) -> BoolArray:
        """(slice, time) True for the images that have an outline and were not left out."""
        out = np.array(self.refined.usable, dtype=np.bool_)
        for index, gone in enumerate(self.left_out):
            out[index, gone] = False
        return out

    @property
    def contradicted(self) -> tuple[IntArray, ...]:
        """Per slice (n,) indices of images that were left out because the others contradict them."""
        if not np.isfinite(self.low_first_echo):
            return self.left_out
        times_ms = self.stack.times_ms
        return tuple(
            np.setdiff1d(gone, first_echo(row, times_ms)) for gone, row in zip(self.left_out, times_ms, strict=True)
        )

    @property
    def reference_centres(self) -> Float64Array:
        """(slice, 2) row, column of the reference image's centre; NaN where the slice was refused."""
        out = np.full((len(self.made), 2), np.nan)
        for index in np.flatnonzero(self.made):
            out[index] = self.polar.centres[index, self.map.reference_time[index]]
        return out

    def variance(self, cells: Float64Array) -> float:
        """Return the variance of a weighted sum of polar cells: see ``ErrorModel.variance``.

        Parameters
        ----------
        cells : (slice, angle, depth) weight of every cell

        Returns
        -------
        float
            in the square of the map's unit; NaN where an error is not known
        """
        return self.errors.variance(cells)

    def region_cells(self, region: BoolArray) -> Float64Array:
        """Return the weight of every polar cell in the mean over a region.

        Parameters
        ----------
        region : (slice, row, column) the pixels averaged

        Returns
        -------
        (slice, angle, depth) finite; 0 in cells that take no part
        """
        return region_weights(self.weights, region, self.map.polar_values)

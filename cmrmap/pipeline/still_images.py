"""One outline for all images of a slice that hardly moved: where the images agree better with it than with their own.

A MOLLI takes all images of a slice within one held breath, and often the heart lies still. Its images differ so much in
contrast that outlines drawn on each of them differ by a pixel or two all the same, and blood comes into some of them.
Which of the two is true the relaxation tells: what moves, and is not followed, no recovery explains. Ours;
docs/clinical-series.md shows what it gives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cmrmap.alignment import choose_reference, to_polar
from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.core.outlines import RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.relaxometry import fit_relaxation, get_model, only_counted
from cmrmap.settings import AlignmentSettings

#: how far the centre of an image may lie from the slice's median, in pixels, for the slice to count as still
_MOST_APART_PX = 3.0


def with_common_outlines(
    stack: WeightedStack, refined: RefinedSegmentation, grid: AlignmentSettings
) -> RefinedSegmentation:
    """Give all images of a still slice the outline of the most typical one.

    Parameters
    ----------
    stack, refined : of one series; other than Look-Locker series are returned as they are
    grid : on which the two are compared

    Returns
    -------
    RefinedSegmentation
        With the same outcomes; which image an outline was taken from is told by ``donor`` for replaced shapes only.
    """
    if not get_model(stack.model).look_locker or not refined.usable.any():
        return refined
    own = _polar(stack, refined, grid)
    reference = choose_reference(refined, own)
    labels = np.array(refined.labels)
    drawn: list[int] = np.flatnonzero(reference >= 0).tolist()
    for s in drawn:
        labels[s, refined.usable[s]] = refined.labels[s, reference[s]]
    common = replace(refined, labels=labels)
    shared = _polar(stack, common, grid)
    labels = np.array(refined.labels)
    for s in drawn:
        used = np.flatnonzero(refined.usable[s] & np.isfinite(own.centres[s]).all(axis=-1))
        if _lie_still(own.centres[s, used]) and _misfit(stack, shared, s, used) < _misfit(stack, own, s, used):
            labels[s] = common.labels[s]
    return replace(refined, labels=labels)


def _polar(stack: WeightedStack, refined: RefinedSegmentation, grid: AlignmentSettings) -> PolarStack:
    return to_polar(
        stack.fitted_images,
        refined.labels,
        refined.usable,
        stack.kind,
        grid.n_angles,
        grid.n_depths,
        stack.pixel_aspect,
    )


def _lie_still(centres: Float64Array) -> bool:
    """Whether no image's heart lies far from where the others have it."""
    if len(centres) < 2:
        return False
    apart = np.abs(centres - np.median(centres, axis=0))
    return bool((apart <= _MOST_APART_PX).all())


def _misfit(stack: WeightedStack, polar: PolarStack, s: int, used: IntArray) -> float:
    """Return the mean square of what the fits of the mid-wall leave, over their mean square; infinite without fits."""
    epochs = stack.epochs_of(s)
    if epochs is None or len(used) <= get_model(stack.model).n_parameters or (epochs[used] == 0).sum() <= 2:
        return float("inf")
    signals = polar.signals[s, used][..., polar.mid_wall].reshape(len(used), -1).T
    magnitude = False if stack.has_signs[s] else None
    signals, model = only_counted(signals, stack.times_ms[s, used], stack.model, magnitude, epochs=epochs[used])
    ssr = fit_relaxation(signals, stack.times_ms[s, used], model, magnitude).ssr
    known = np.isfinite(ssr)
    power = float(np.nansum(signals[known] ** 2))
    return float(ssr[known].sum()) / power if power > 0 else float("inf")

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
from cmrmap.core.errors import InputError
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.relaxometry import fit_relaxation, get_model, only_counted
from cmrmap.settings import AlignmentSettings

#: how far the centre of an image may lie from the slice's median, in pixels, for the slice to count as still
_MOST_APART_PX = 3.0


@remembered
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
    if stack.scanner is not None or not get_model(stack.model).look_locker or not refined.usable.any():
        return refined
    own = _polar(stack, refined, grid)
    reference = choose_reference(refined, own)
    used = {s: _used(refined, own, s) for s in np.flatnonzero(reference >= 0).tolist()}
    still = [s for s, images in used.items() if _lie_still(own.centres[s, images])]
    if not still:
        return refined
    labels = np.array(refined.labels)
    for s in still:
        labels[s, refined.usable[s]] = refined.labels[s, reference[s]]
    shared = _polar(stack, replace(refined, labels=labels), grid)
    for s in still:
        if not _misfit(stack, shared, s, used[s]) < _misfit(stack, own, s, used[s]):
            labels[s] = refined.labels[s]
    return replace(refined, labels=labels)


def _used(refined: RefinedSegmentation, own: PolarStack, s: int) -> IntArray:
    """Images of a slice with an outline of its own."""
    return np.flatnonzero(refined.usable[s] & np.isfinite(own.centres[s]).all(axis=-1))


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
    epochs, times_ms, model = stack.epochs_of(s), stack.times_ms[s, used], get_model(stack.model)
    if epochs is None or np.unique(times_ms).size <= model.n_parameters:
        return float("inf")
    signals = polar.signals[s, used][..., polar.mid_wall].reshape(len(used), -1).T
    magnitude = False if stack.has_signs[s] else None
    try:
        signals, counted_as = only_counted(signals, times_ms, stack.model, magnitude, epochs=epochs[used])
        ssr = fit_relaxation(signals, times_ms, counted_as, magnitude).ssr
    except InputError:  # times or inversions that no fit takes: the map's own fit says so
        return float("inf")
    known = np.isfinite(ssr)
    power = float(np.nansum(signals[known] ** 2))
    return float(ssr[known].sum()) / power if power > 0 else float("inf")

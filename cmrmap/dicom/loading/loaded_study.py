"""A whole study's selected series as stacks, and what of the source the other rooms may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cmrmap.core.corrections import NO_CORRECTIONS, Corrections
from cmrmap.core.errors import RefusedError
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import get_model
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.decay_order import decay_order
from cmrmap.dicom.loading.map_pixels import load_map
from cmrmap.dicom.loading.phase_images import with_signs
from cmrmap.dicom.loading.pixels import load_series
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.quality.catalogue.images import TIMING_UNVERIFIED

_ASSUMED = "times listed in the order of InstanceNumber; neither acquisition times nor signals confirm that order"


@dataclass(frozen=True, slots=True)
class LoadedStudy:
    """The weighted images of a study, and the scanner's maps that are read in place of them.

    Attributes
    ----------
    stacks : one per selected series
    refusals : why a map has no stack, or (with its ``slice_index``) why a slice of it has no images
    lost : images that could not be used
    flags : what the user should know about the pixels, and what the images say against their headers
    corrections : what a reader corrected, by contours or in words
    """

    stacks: tuple[WeightedStack, ...]
    refusals: tuple[Refusal, ...]
    lost: tuple[LostImage, ...]
    flags: tuple[QualityFlag, ...] = ()
    corrections: Corrections = NO_CORRECTIONS


def load_study(study: SourceStudy, selection: Selection, models: Mapping[MapKind, str | None]) -> LoadedStudy:
    """Read the pixels of all selected series; a model named in ``models`` replaces the one that the series calls for.

    Parameters
    ----------
    study : as read
    selection : the series and why the others are not taken
    models : map -> name of a relaxation model; None or no entry leaves the series' own

    Raises
    ------
    RefusedError
        no image of any series can be decoded
    """
    stacks: list[WeightedStack] = []
    refusals = list(selection.refusals)
    lost: list[LostImage] = []
    flags: list[QualityFlag] = []
    for selected in selection.selected:
        try:
            loaded = load_map(study, selected) if selected.is_map else load_series(study, selected)
        except RefusedError as error:
            refusals.append(Refusal(selected.kind, "refused", str(error)))
            continue
        lost.extend(loaded.lost)
        refusals.extend(loaded.refusals)
        flags.extend(loaded.flags)
        stack = loaded.stack
        if selected.is_map:
            stacks.append(stack)
            continue
        if selected.list_order:
            order = decay_order(stack)
            if order.contradiction:
                told = f"{order.contradiction}; give the times with --times (docs/dicom-input.md)"
                refusals.append(Refusal(selected.kind, "refused", told))
                continue
            if selected.list_order == "assumed" and not order.confirmed:
                flags.append(TIMING_UNVERIFIED.flag(selected.kind, series=selected.timing_source, caution=_ASSUMED))
        if selected.kind.spec.changes_sign and stack.signed is None:
            stack = with_signs(study, selected, stack)
        stacks.append(_with_model(stack, models.get(selected.kind)))
    if not stacks:
        raise RefusedError("; ".join(refusal.reason for refusal in refusals if refusal.status == "refused"))
    return LoadedStudy(tuple(stacks), tuple(refusals), tuple(lost), tuple(flags))


def _with_model(stack: WeightedStack, forced: str | None) -> WeightedStack:
    if forced is None:
        return stack
    reason = f"set by analysis.models.{stack.kind.value}; the series calls for {stack.model}: {stack.model_reason}"
    return replace(stack, model=get_model(forced).name, model_reason=reason)

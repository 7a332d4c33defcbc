"""What a stored value stands for: the mapping to a map's unit, with its quantity (DICOM PS3.3 C.7.6.16.2.11)."""

from __future__ import annotations

from highdicom.coding_schemes import CodingSchemeIdentificationItem
from highdicom.pm import RealWorldValueMapping
from highdicom.sr import CodeContentItem

from cmrmap.core.map_spec import StoredForm
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing.codes import (
    DERIVATION,
    PRIVATE_SCHEME,
    QUANTITY,
    STANDARD_DEVIATION,
    UNIT,
    private_scheme_item,
)


def real_world_mapping(
    kind: MapKind,
    words: StoredForm,
    stored_range: tuple[int, int] | tuple[float, float],
    step: float,
    *,
    is_sd: bool = False,
) -> RealWorldValueMapping:
    """Return the mapping ``value = step * stored``.

    Parameters
    ----------
    kind : the map, which gives unit and quantity
    words : of the series; its label and name are repeated
    stored_range : the lowest and the highest stored value that stands for a value; whole numbers for whole pixels,
        floats for float pixels
    step : map units a stored unit
    is_sd : the values are standard deviations of the map's; said as the quantity's derivation

    Returns
    -------
    RealWorldValueMapping
        one item of Real World Value Mapping Sequence
    """
    mapping = RealWorldValueMapping(
        lut_label=words.label,
        lut_explanation=f"{words.name}; 0 = no value",
        unit=UNIT[kind],
        value_range=stored_range,
        slope=step,
        intercept=0.0,
        quantity_definition=QUANTITY[kind],
    )
    if is_sd:
        mapping.QuantityDefinitionSequence.append(CodeContentItem(name=DERIVATION, value=STANDARD_DEVIATION))
    return mapping


def coding_schemes(kind: MapKind) -> list[CodingSchemeIdentificationItem] | None:
    """Return the declaration of the private scheme where the map's quantity has a code of it, else None.

    Parameters
    ----------
    kind : the map

    Returns
    -------
    list of CodingSchemeIdentificationItem, or None
        as highdicom's constructors take it
    """
    return [private_scheme_item()] if QUANTITY[kind].scheme_designator == PRIVATE_SCHEME else None

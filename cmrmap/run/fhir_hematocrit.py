"""Hematocrits of a patient in FHIR documents: whose each is, its day, its value, or why it may not be used."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from cmrmap.run.fhir_resources import FhirIndex, FhirResource, last_part, list_of, object_of, resources_of, text_of
from cmrmap.run.fhir_values import (
    day_of,
    fraction_of,
    has_unit,
    instant_of,
    measurements,
    moment_of,
    status_fault,
)
from cmrmap.run.json_files import AMBIGUOUS

#: whose an Observation is
Owner: TypeAlias = Literal["this", "other", "nobody"]


@dataclass(frozen=True, slots=True)
class LaboratoryHematocrit:
    """One hematocrit of a laboratory.

    Attributes
    ----------
    value_fraction : None where it may not be used
    fault : why it may not; "" where it may
    doubt : what leaves a doubt about one that may be used; "" where nothing does
    day : when it was measured; None where it does not say
    instant : the same to the second, to sort by
    """

    value_fraction: float | None
    fault: str
    doubt: str
    day: date | None
    instant: float


@dataclass(frozen=True, slots=True)
class LaboratoryReport:
    """All hematocrits that documents hold.

    Attributes
    ----------
    own : of the study's patient
    n_of_others : number of those of another patient
    n_of_nobody : number of those that name no patient
    """

    own: tuple[LaboratoryHematocrit, ...] = ()
    n_of_others: int = 0
    n_of_nobody: int = 0


def read_hematocrits(documents: Iterable[Any], patient_identifiers: Collection[str]) -> LaboratoryReport:
    """Find the hematocrits in FHIR documents.

    Parameters
    ----------
    documents : as JSON gives them
    patient_identifiers : of the study's patient; compared and never printed
    """
    index = FhirIndex(resources_of(documents))
    identifiers = frozenset(patient_identifiers)
    parents = _parents(index)
    own: list[LaboratoryHematocrit] = []
    count = {"this": 0, "other": 0, "nobody": 0}
    for one in index.resources:
        if one.kind != "Observation":
            continue
        found = list(measurements(one.body))
        if not found:
            continue
        parent = parents.get(id(one))
        owner = owner_of(one, index, identifiers)
        if owner == "nobody" and parent is not None:
            owner = owner_of(parent, index, identifiers)
        count[owner] += len(found)
        if owner == "this":
            own += [_laboratory(one, node, parent) for node in found]
    return LaboratoryReport(tuple(own), count["other"], count["nobody"])


def _laboratory(resource: FhirResource, node: Any, parent: FhirResource | None) -> LaboratoryHematocrit:
    moment = moment_of(resource.body) or (moment_of(parent.body) if parent is not None else "")
    void, doubt = status_fault(resource.body)
    if resource.body.get(AMBIGUOUS):
        void = "one of its fields occurs twice with different contents"
    if parent is not None and text_of(parent.body.get("status")) in ("cancelled", "entered-in-error"):
        void = void or "the panel or report that it belongs to is void"
    value = fraction_of(node)
    fault = void or (value if isinstance(value, str) else "")
    fraction = None if fault or isinstance(value, str) else value
    doubts = [doubt, "" if fault or has_unit(node) else "it has no unit"]
    return LaboratoryHematocrit(fraction, fault, "; ".join(filter(None, doubts)), day_of(moment), instant_of(moment))


def owner_of(resource: FhirResource, index: FhirIndex, identifiers: Collection[str]) -> Owner:
    """Tell whose an Observation or report is: all that its subject says must name the study's patient.

    Parameters
    ----------
    resource : with ``subject``
    index : of all resources, the Patients among them
    identifiers : of the study's patient
    """
    subject = object_of(resource.body.get("subject"))
    if subject.get(AMBIGUOUS):
        return "nobody"
    named: list[bool] = []
    direct = text_of(object_of(subject.get("identifier")).get("value"))
    if direct:
        named.append(direct in identifiers)
    reference = text_of(subject.get("reference"))
    patients = index.referred(reference, resource, "Patient") if reference else []
    named += [bool(_identifiers(patient) & set(identifiers)) for patient in patients]
    if reference and not patients and (name := last_part(reference, "Patient")):
        named.append(name in identifiers)
    if not named:
        return "other" if reference else "nobody"
    return "this" if all(named) else "other"


def _identifiers(patient: FhirResource) -> set[str]:
    """Return a Patient's identifiers; its logical id, which a server gave it, only where it has no other."""
    listed = list_of(patient.body.get("identifier"))
    found = {text_of(object_of(one).get("value")) for one in listed} - {""}
    return found or {patient.own_id} - {""}


def _parents(index: FhirIndex) -> dict[int, FhirResource]:
    """Return, by the Observation, the panel or report that has it as its member or result."""
    found: dict[int, FhirResource] = {}
    for one in index.resources:
        for key in {"Observation": ("hasMember",), "DiagnosticReport": ("result",)}.get(one.kind, ()):
            for item in list_of(one.body.get(key)):
                reference = text_of(object_of(item).get("reference"))
                members = index.referred(reference, one, "Observation") if reference else []
                found.update({id(member): one for member in members})
    return found

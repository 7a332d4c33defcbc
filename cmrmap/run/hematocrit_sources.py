"""Where a study's hematocrit comes from: the user, a FHIR Observation, a small JSON file, or the settings.

First found wins, in this order. A synthetic value, where the settings allow one, is made later from native blood T1. A
value in a file that may not be used costs ECV and nothing else; no content of a file is quoted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from cmrmap.core.errors import InputError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.ecv.hematocrit import Hematocrit, parse_hematocrit
from cmrmap.run.fhir_hematocrit import LaboratoryHematocrit, LaboratoryReport, read_hematocrits
from cmrmap.run.fhir_values import day_of
from cmrmap.run.json_files import AMBIGUOUS, find_json_files, read_all_documents, read_documents

FILE_NAME = "hematocrit.json"
_EXPECTED = 'expected {"hematocrit": 0.42, "measured": "2026-01-31"}'
#: Blood is to be drawn within a day of the scan (Chen, Eur Heart J Imaging Methods Pract 2023;1:qyad022); samples of
#: other days gave the same ECV on average (Su, JCMR 2020;22). From a month on it is flagged (ours): red cells live 4.
FARTHEST_DAYS = 30
_SAME = 0.0005  # values that differ by less are one value
_ALIKE = 0.02  # of two sources: ECV is in proportion to 1 - hematocrit, and differs by 3 % of itself


def find_hematocrit(
    folder: Path,
    patient_identifiers: Collection[str],
    *,
    given: Hematocrit | None = None,
    configured: float | None = None,
    study_date: date | None = None,
) -> Hematocrit | Refusal | None:
    """Return the hematocrit to use, why there is none that may be used, or None where nothing gives one.

    Parameters
    ----------
    folder : the study's input folder, searched for FHIR resources and for hematocrit.json
    patient_identifiers : what identifies the study's patient (PatientID and other identifiers); an Observation of
        another subject, or of none, is not used
    given : from the command line or the environment
    configured : from the settings, fraction or percent; not used where the patient has a value that may not be used
    study_date : of several Observations the nearest in time counts; None: the newest

    Raises
    ------
    InputError
        ``configured`` is no hematocrit
    """
    if given is not None:
        return given
    files = find_json_files(folder)
    report = read_hematocrits(read_all_documents(files), patient_identifiers)
    remark = _not_used(report)
    usable = [one for one in report.own if one.value_fraction is not None]
    found = _from_file(folder / FILE_NAME, study_date) if (folder / FILE_NAME).is_file() else None
    if usable:
        return _noted(_against_file(_chosen(usable, study_date), found), remark)
    if isinstance(found, Refusal):
        return found
    if found is not None:
        return _noted(found, remark)
    if report.own:
        return Refusal(MapKind.ECV, "refused", f"no usable hematocrit: {remark}")
    if configured is not None:
        return _noted(parse_hematocrit(configured, "settings"), remark)
    return Refusal(MapKind.ECV, "absent", f"no hematocrit was given: {remark}") if remark else None


def _noted(found: Hematocrit, remark: str) -> Hematocrit:
    return replace(found, note="; ".join(part for part in (found.note, remark) if part))


def _not_used(report: LaboratoryReport) -> str:
    """Say which Observations of a hematocrit are not used, and why."""
    parts = [_because(one) for one in report.own if one.value_fraction is None]
    for count, why in (
        (report.n_of_others, "the subject is not the study's patient, or cannot be identified"),
        (report.n_of_nobody, "no subject is named"),
    ):
        if count:
            parts.append(f"{count} FHIR Observation{'s are' if count > 1 else ' is'} not used: {why}")
    return "; ".join(dict.fromkeys(parts))


def _because(one: LaboratoryHematocrit) -> str:
    when = f" of {one.day.isoformat()}" if one.day else ""
    return f"a FHIR Observation{when} is not used: {one.fault}"


def _chosen(usable: Sequence[LaboratoryHematocrit], study_date: date | None) -> Hematocrit:
    """Return the value nearest to the study in time, settled ones first; without a date of the study the newest."""

    def rank(one: LaboratoryHematocrit) -> tuple[bool, int, bool, bool]:
        if one.day is None:
            return True, 0, bool(one.doubt), False
        days = -one.day.toordinal() if study_date is None else abs((one.day - study_date).days)
        return False, days, bool(one.doubt), study_date is not None and one.day > study_date

    best = min(map(rank, usable))
    nearest = sorted((one for one in usable if rank(one) == best), key=lambda one: one.instant)
    taken = nearest[-1]
    cautions = [taken.doubt] if taken.doubt else []
    others = sorted({round(one.value_fraction or 0.0, 4) for one in nearest})
    if others[-1] - others[0] > _SAME:
        listed = ", ".join(f"{value:.3g}" for value in others)
        cautions.append(f"there are several of that day ({listed}); the latest is taken ({taken.value_fraction:.3g})")
    cautions.append(_far(taken.day, study_date) if taken.day else "it has no date of measurement")
    source = "FHIR Observation" + (f" ({taken.day.isoformat()})" if taken.day else "")
    return _cautious(parse_hematocrit(taken.value_fraction or 0.0, source), cautions)


def _cautious(found: Hematocrit, cautions: Sequence[str]) -> Hematocrit:
    told = "; ".join(filter(None, cautions))
    return replace(found, caution=f"hematocrit from {found.source}: {told}") if told else found


def _against_file(chosen: Hematocrit, in_file: Hematocrit | Refusal | None) -> Hematocrit:
    """Say that the study's file has another value, or none that may be used, than the Observation that goes before."""
    if in_file is None:
        return chosen
    if isinstance(in_file, Refusal):
        return _noted(chosen, in_file.reason)
    if abs(in_file.value_fraction - chosen.value_fraction) <= _ALIKE:
        return chosen
    other = f"{in_file.source} has {in_file.value_fraction:.3g}; the Observation's {chosen.value_fraction:.3g} is taken"
    return replace(chosen, caution=f"{chosen.caution}; {other}") if chosen.caution else _cautious(chosen, [other])


def _far(day: date, study_date: date | None) -> str:
    """Say that a value is far from the study in time; "" where it is not."""
    if study_date is None or abs((study_date - day).days) <= FARTHEST_DAYS:
        return ""
    days = (study_date - day).days
    return f"it was measured {abs(days)} days {'before' if days > 0 else 'after'} the study"


def _from_file(path: Path, study_date: date | None) -> Hematocrit | Refusal:
    documents = read_documents(path)
    if not documents:
        return _refused(f"it cannot be read as JSON; {_EXPECTED}")
    content = documents[0]
    if not isinstance(content, dict) or "hematocrit" not in content:
        return _refused(f"it has no entry 'hematocrit'; {_EXPECTED}")
    value, measured = content["hematocrit"], content.get("measured")
    if content.get(AMBIGUOUS):
        return _refused(f"one of its entries occurs twice with different contents; {_EXPECTED}")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return _refused(f"its hematocrit is not a number; {_EXPECTED}")
    day = day_of(measured) if isinstance(measured, str) else None
    source = FILE_NAME + (f" (measured {measured})" if day else "")
    try:
        found = parse_hematocrit(value, source)
        if day is None:
            return found if measured is None else _cautious(found, ["its date cannot be read"])
        return _cautious(found, [_far(day, study_date)])
    except InputError:
        return _refused("its hematocrit is not possible; expected a fraction of 0.10-0.70, or 20-70 percent")


def _refused(why: str) -> Refusal:
    return Refusal(MapKind.ECV, "refused", f"{FILE_NAME} cannot be used: {why}")

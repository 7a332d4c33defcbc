"""``cmrmap inspect``: what a folder holds before anything is computed. Imports are late, so that help comes at once."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cmrmap.dicom.selection.preferences import SelectionPreferences
    from cmrmap.dicom.selection.survey import Survey
    from cmrmap.settings import AnalysisSettings


def inspect(
    folder: Annotated[Path, typer.Argument(help="Folder with DICOM files, in any order and depth.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
    pictures: Annotated[
        Path | None,
        typer.Option("--pictures", help="Folder for a contact sheet (PNG) of every series: slices x times."),
    ] = None,
    times: Annotated[
        Path | None,
        typer.Option("--times", envvar="CMRMAP_TIMES", help="File with times, as for cmrmap run."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", envvar="HOLOSCAN_CONFIG_PATH", help="Settings file; default: a checkout's app.yaml."
        ),
    ] = None,
) -> None:
    """Show the series in a folder, how each would be used, and why; no map is made.

    One row per series: number, description, the map it is taken for, slices,
    images, matrix, pixel spacing, position along the slice normal, frame of
    reference (FoR: only positions with the same letter can be compared), and
    start after the study's first image. Below the row: the times, their
    source, and the reason why the series is used or not.

      cmrmap inspect study/dicom

      cmrmap inspect study/dicom --pictures sheets

      cmrmap inspect study/dicom --json > study.json

    Exit codes: 0 there is something to map, 2 no such folder, 3 no mapping series, 4 every mapping series is refused,
    or the folder contains several studies or patients.
    """
    from cmrmap.cli.survey_text import survey_json, survey_lines
    from cmrmap.dicom.headers.study_identity import patient_identifiers, study_date
    from cmrmap.dicom.selection.survey import survey_folder
    from cmrmap.run.hematocrit_sources import find_hematocrit
    from cmrmap.run.paths import check_apart

    if pictures is not None:
        check_apart(folder, pictures)
    settings, preferences = _told(times, config)
    survey = survey_folder(folder, preferences, settings.decoding.memory_mb)
    hematocrit = find_hematocrit(
        folder,
        patient_identifiers(survey.source),
        configured=settings.hematocrit.value,
        study_date=study_date(survey.source),
    )
    if as_json:
        print(survey_json(survey, hematocrit))
    else:
        width = shutil.get_terminal_size((100, 24)).columns
        print("\n".join(survey_lines(survey, hematocrit, min(width, 160))))
    if pictures is not None:
        _draw(survey, pictures)
    if survey.failure is not None:
        print(f"cmrmap: {survey.failure}", file=sys.stderr)
        raise typer.Exit(survey.failure.exit_code)


def _told(times: Path | None, config: Path | None) -> tuple[AnalysisSettings, SelectionPreferences]:
    """Return what a run with the same options would be told."""
    from cmrmap.dicom.selection.given_times import read_given_times
    from cmrmap.run.defaults import configured_times, preferences_of, read_settings, settings_beside

    named = config or settings_beside()
    settings = read_settings(named).analysis
    beside = named.parent if named else Path.cwd()
    given = read_given_times(times) if times else configured_times(settings, beside)
    return settings, preferences_of(settings, given)


def _draw(survey: Survey, folder: Path) -> None:
    from cmrmap.core.files import write_file
    from cmrmap.dicom.loading.series_images import pictures_of
    from cmrmap.report.contact_sheet import contact_sheet

    written = 0
    for study, selection in zip(survey.studies, survey.selections, strict=True):
        rows = {row.series_instance_uid: row for row in selection.series}
        for uid, pictures in pictures_of(study, selection):
            written += 1
            number = rows[uid].series_number
            name = f"{written:03d}_series_{'none' if number is None else number}.png"
            write_file(folder / name, contact_sheet(rows[uid], pictures))
    print(f"{written} contact sheet{'s' if written != 1 else ''}", file=sys.stderr)

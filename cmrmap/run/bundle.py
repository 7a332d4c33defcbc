"""What a run leaves in its output folder: DICOM objects flat in the root, everything else in results/."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cmrmap.core.files import write_file
from cmrmap.dicom.writing.outputs import OutputFile, save_files
from cmrmap.report import Drawing
from cmrmap.results import StudyResult, to_csv, to_json
from cmrmap.run.outcome import MapVerdict


@dataclass(frozen=True, slots=True)
class OutputBundle:
    """Everything that a run writes.

    Attributes
    ----------
    results : content of results.json
    files : DICOM objects
    with_csv : whether segments.csv is written
    drawing : the report's page, as report.pdf and report.html
    """

    results: StudyResult
    files: tuple[OutputFile, ...]
    with_csv: bool = True
    drawing: Drawing = field(default_factory=Drawing)

    @property
    def verdicts(self) -> dict[str, MapVerdict]:
        """What became of each map, for status.json."""
        return {one.kind.value: MapVerdict(one.status, one.reason or "") for one in self.results.maps}

    @property
    def n_skipped(self) -> int:
        """Files of the input that were not used, for whatever reason."""
        return self.results.input.n_files - self.results.input.n_used


def write_bundle(bundle: OutputBundle, folder: Path) -> tuple[Path, ...]:
    """Write everything, each file complete or not at all; results.json comes last, so that its presence says "done".

    Raises
    ------
    OutputError
        the folder cannot be made or written
    """
    written = list(save_files(bundle.files, folder))
    results = folder / "results"
    if bundle.with_csv:
        written.append(write_file(results / "segments.csv", to_csv(bundle.results).encode("utf-8")))
    if bundle.drawing.pdf is not None:
        written.append(write_file(results / "report.pdf", bundle.drawing.pdf))
    if bundle.drawing.html is not None:
        written.append(write_file(results / "report.html", bundle.drawing.html.encode("utf-8")))
    written.append(write_file(results / "results.json", to_json(bundle.results).encode("utf-8")))
    return tuple(written)

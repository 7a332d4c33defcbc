"""What a run leaves in its output folder: DICOM objects flat in the root, everything else in results/."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cmrmap.core.corrections import without_readers_words
from cmrmap.core.findings import Severity
from cmrmap.dicom.writing.outputs import OutputFile
from cmrmap.report import Drawing
from cmrmap.results import StudyResult, to_csv, to_json
from cmrmap.run.manifest import RESULTS_NAME, WrittenFile
from cmrmap.run.outcome import MapVerdict, Outcome
from cmrmap.run.staging import write_together


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
        return {
            one.kind.value: MapVerdict(
                one.status,
                without_readers_words(one.reason or ""),
                tuple(
                    flag.message
                    for flag in self.results.quality
                    if flag.map is one.kind and flag.severity is Severity.ERROR
                ),
            )
            for one in self.results.maps
        }

    @property
    def n_skipped(self) -> int:
        """Files of the input that were not used, for whatever reason."""
        return self.results.input.n_files - self.results.input.n_used

    @property
    def contents(self) -> Iterator[tuple[str, bytes]]:
        """Name in the output folder and content of every file; results.json comes last: its presence says "done"."""
        for file in self.files:
            yield file.name, file.content
        if self.with_csv:
            yield "results/segments.csv", to_csv(self.results).encode("utf-8")
        if self.drawing.pdf is not None:
            yield "results/report.pdf", self.drawing.pdf
        if self.drawing.html is not None:
            yield "results/report.html", self.drawing.html.encode("utf-8")
        yield RESULTS_NAME, to_json(self.results).encode("utf-8")


def write_bundle(
    bundle: OutputBundle,
    folder: Path,
    outcome: Outcome,
    more: Iterable[tuple[str, bytes]] = (),
    instead_of: Iterable[WrittenFile] | None = None,
) -> tuple[Path, ...]:
    """Write what a run has made, all of it or nothing, and tell the outcome.

    Parameters
    ----------
    bundle : what is written
    folder : the output folder
    outcome : of the run; its ``objects`` are the files afterwards
    more : names relative to the folder, and contents, of files that are written first
    instead_of : files of an earlier run that these take the place of, see `cmrmap.run.staging.write_together`

    Raises
    ------
    OutputError
        the folder cannot be written
    """
    contents = (*more, *bundle.contents)

    def tell() -> None:
        outcome.report(bundle.verdicts, bundle.n_skipped)

    return write_together(folder, contents, outcome, tell, instead_of)

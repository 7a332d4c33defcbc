"""What a run leaves in its output folder: DICOM objects flat in the root, everything else in results/."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cmrmap.dicom.outputs import OutputFile, save_files
from cmrmap.dicom.provenance import SoftwareProvenance
from cmrmap.dicom.read import LostImage, SourceStudy
from cmrmap.dicom.select import Selection
from cmrmap.dicom.study import LoadedStudy
from cmrmap.files import write_file
from cmrmap.outcome import MapVerdict
from cmrmap.pipeline import StudyAnalysis
from cmrmap.report import Drawing
from cmrmap.results import HematocritResult, InputSummary, SoftwareInfo, StudyResult, to_csv, to_json
from cmrmap.types import QualityFlag


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


def summarise(
    study: SourceStudy,
    selection: Selection,
    loaded: LoadedStudy,
    analysis: StudyAnalysis,
    provenance: SoftwareProvenance,
) -> StudyResult:
    """Join the numbers with what is known of their source: all that results.json says."""
    skipped = Counter(dict(study.skipped)) + Counter(dict(selection.skipped))
    lost = (*study.lost, *loaded.lost)
    skipped.update({"undecodable_pixels": len(loaded.lost)} if loaded.lost else {})
    hematocrit = analysis.hematocrit
    return StudyResult(
        study_instance_uid=study.study_instance_uid,
        software=SoftwareInfo(provenance.software_version, provenance.weights_sha256, provenance.settings_sha256),
        input=InputSummary(
            n_files=study.n_files,
            n_used=sum(uid != "" for stack in loaded.stacks for row in stack.source_uids for uid in row),
            skipped=skipped,
        ),
        hematocrit=HematocritResult(hematocrit.value_fraction, hematocrit.source) if hematocrit else HematocritResult(),
        quality=(*(_lost_flag(image) for image in lost), *_choices(selection), *selection.flags, *analysis.flags),
        maps=analysis.maps,
    )


def _lost_flag(image: LostImage) -> QualityFlag:
    """Name the image by its UID: a file's name may hold the patient's."""
    which = f"image {image.sop_instance_uid}" if image.sop_instance_uid else "an image without readable UID"
    return QualityFlag("image_lost", "warning", f"{which} is lost: {image.reason}")


def _choices(selection: Selection) -> tuple[QualityFlag, ...]:
    return tuple(QualityFlag("series_chosen", "info", one.reason, one.kind) for one in selection.selected)


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

"""Finished maps to DICOM objects, complete in memory."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.dicom.writing.outputs import write_outputs
from cmrmap.dicom.writing.pictures import Document, Picture
from cmrmap.run.outcome import Outcome
from cmrmap.settings import OutputSettings
from operators.base import StageOperator


class DicomEncoderOperator(StageOperator):
    """``study``, ``analysis``, ``results``, ``drawing`` -> ``files`` (OutputFile, ...)."""

    def __init__(
        self,
        fragment: Fragment,
        *args: Any,
        provenance: SoftwareProvenance,
        settings: OutputSettings,
        outcome: Outcome,
        **kwargs: Any,
    ) -> None:
        self._provenance = provenance
        self._settings = settings
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("study")
        spec.input("analysis")
        spec.input("results")
        spec.input("drawing")
        spec.output("files")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Encode all objects that the settings ask for."""
        study, analysis, results, drawing = (
            op_input.receive(name) for name in ("study", "analysis", "results", "drawing")
        )
        files = write_outputs(
            analysis.volumes,
            study,
            self._provenance,
            results=results if self._settings.measurement_report else None,
            document=Document(drawing.pdf, self._settings.report_identity) if drawing.pdf else None,
            pictures=[Picture(one.kind, one.slice_index, one.pixels) for one in drawing.captures],
            parametric_maps=self._settings.parametric_maps,
            segmentation=self._settings.segmentation,
            sd_maps=self._settings.sd_maps,
        )
        op_output.emit(files, "files")

"""Draw what people look at: the report's page and the pictures."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.dicom.headers.study_identity import study_identity
from cmrmap.report import draw_report
from cmrmap.run.outcome import Outcome
from cmrmap.settings import OutputSettings
from operators.base import StageOperator


class ReportDrawerOperator(StageOperator):
    """``study``, ``loaded``, ``analysis``, ``results`` -> ``drawing`` (Drawing)."""

    def __init__(
        self, fragment: Fragment, *args: Any, settings: OutputSettings, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._settings = settings
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        for name in ("study", "loaded", "analysis", "results"):
            spec.input(name)
        spec.output("drawing")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Draw what the settings ask for."""
        study, loaded, analysis, results = (
            op_input.receive(name) for name in ("study", "loaded", "analysis", "results")
        )
        drawing = draw_report(
            results,
            analysis.volumes,
            loaded.stacks,
            study_identity(study) if self._settings.report_identity else None,
            report=self._settings.report,
            captures=self._settings.captures,
        )
        op_output.emit(drawing, "drawing")

"""Levels, insertion points, AHA segments, statistics and quality of all maps."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.pipeline import report
from cmrmap.run.outcome import Outcome
from cmrmap.settings import AnalysisSettings
from operators.base import StageOperator


class RegionalReportOperator(StageOperator):
    """``loaded``, ``series``, ``ecv`` -> ``analysis`` (StudyAnalysis)."""

    def __init__(
        self, fragment: Fragment, *args: Any, settings: AnalysisSettings, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._settings = settings
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("loaded")
        spec.input("series")
        spec.input("ecv")
        spec.output("analysis")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Summarise all maps."""
        series, ecv, loaded = (op_input.receive(name) for name in ("series", "ecv", "loaded"))
        op_output.emit(report(series, ecv, loaded.refusals, self._settings), "analysis")

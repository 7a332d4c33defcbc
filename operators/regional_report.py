"""Levels, insertion points, AHA segments, statistics and quality of all maps."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import OperatorSpec

from cmrmap.pipeline import report
from operators.base import StageOperator


class RegionalReportOperator(StageOperator):
    """``loaded``, ``series``, ``ecv`` -> ``analysis`` (StudyAnalysis)."""

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("loaded")
        spec.input("series")
        spec.input("ecv")
        spec.output("analysis")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Summarise all maps."""
        loaded = op_input.receive("loaded")
        op_output.emit(report(op_input.receive("series"), op_input.receive("ecv"), loaded.refusals), "analysis")

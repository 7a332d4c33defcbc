"""Bring every image's wall to one polar grid: the motion correction."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.pipeline import align
from cmrmap.run.outcome import Outcome
from cmrmap.settings import AnalysisSettings
from operators.base import StageOperator


class PolarAlignmentOperator(StageOperator):
    """``loaded``, ``refined`` -> ``polar`` (one PolarStack a series)."""

    def __init__(
        self, fragment: Fragment, *args: Any, settings: AnalysisSettings, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._settings = settings
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("loaded")
        spec.input("refined")
        spec.output("polar")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Align all series."""
        polar = align(op_input.receive("loaded").stacks, op_input.receive("refined"), self._settings)
        op_output.emit(polar, "polar")

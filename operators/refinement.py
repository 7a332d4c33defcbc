"""Check every shape; replace or exclude those that fail."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.pipeline import refine
from cmrmap.run.outcome import Outcome
from cmrmap.settings import AnalysisSettings
from operators.base import StageOperator


class RefinementOperator(StageOperator):
    """``loaded``, ``segmentations`` -> ``refined`` (one RefinedSegmentation a series)."""

    def __init__(
        self, fragment: Fragment, *args: Any, settings: AnalysisSettings, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._settings = settings
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("loaded")
        spec.input("segmentations")
        spec.output("refined")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Refine all series."""
        refined = refine(op_input.receive("loaded").stacks, op_input.receive("segmentations"), self._settings)
        op_output.emit(refined, "refined")

"""Fit T2 and T1 on the aligned images, and blood T1."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.pipeline import fit
from cmrmap.run.outcome import Outcome
from cmrmap.settings import AnalysisSettings
from operators.base import StageOperator


class RelaxometryOperator(StageOperator):
    """``loaded``, ``refined``, ``polar`` -> ``series`` (one MappedSeries a series)."""

    def __init__(
        self, fragment: Fragment, *args: Any, settings: AnalysisSettings, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._settings = settings
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("loaded")
        spec.input("refined")
        spec.input("polar")
        spec.output("series")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Fit all series."""
        stacks = op_input.receive("loaded").stacks
        series = fit(stacks, op_input.receive("refined"), op_input.receive("polar"), self._settings)
        op_output.emit(series, "series")

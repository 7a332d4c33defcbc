"""ECV from native and post-contrast T1, blood and hematocrit."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.pipeline import extracellular_volume
from cmrmap.run.outcome import Outcome
from cmrmap.settings import AnalysisSettings
from operators.base import StageOperator


class ExtracellularVolumeOperator(StageOperator):
    """``series``, ``hematocrit`` -> ``ecv`` (MappedEcv, or the Refusal that says why there is none)."""

    def __init__(
        self, fragment: Fragment, *args: Any, settings: AnalysisSettings, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._settings = settings
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("series")
        spec.input("hematocrit")
        spec.output("ecv")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Map ECV."""
        series, hematocrit = op_input.receive("series"), op_input.receive("hematocrit")
        op_output.emit(extracellular_volume(series, hematocrit, self._settings), "ecv")

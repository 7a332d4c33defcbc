"""Choose the series that each map is made from."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class SeriesSelectorOperator(StageOperator):
    """``study`` (SourceStudy) -> ``selection`` (Selection)."""

    def __init__(
        self, fragment: Fragment, *args: Any, preferences: SelectionPreferences, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._preferences = preferences
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("study")
        spec.output("selection")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Select the series."""
        op_output.emit(select_series(op_input.receive("study"), self._preferences), "selection")

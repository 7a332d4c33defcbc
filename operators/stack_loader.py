"""Read the pixels of the selected series, every frame of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class StackLoaderOperator(StageOperator):
    """``study``, ``selection`` -> ``loaded`` (LoadedStudy)."""

    def __init__(
        self, fragment: Fragment, *args: Any, models: Mapping[MapKind, str | None], outcome: Outcome, **kwargs: Any
    ) -> None:
        self._models = models
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("study")
        spec.input("selection")
        spec.output("loaded")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Load the stacks."""
        loaded = load_study(op_input.receive("study"), op_input.receive("selection"), self._models)
        op_output.emit(loaded, "loaded")

"""Join the numbers with what is known of their source."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.pipeline.summary import summarise
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class SummariserOperator(StageOperator):
    """``study``, ``selection``, ``loaded``, ``analysis`` -> ``results`` (StudyResult)."""

    def __init__(
        self, fragment: Fragment, *args: Any, provenance: SoftwareProvenance, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._provenance = provenance
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        for name in ("study", "selection", "loaded", "analysis"):
            spec.input(name)
        spec.output("results")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Summarise."""
        study, selection, loaded, analysis = (
            op_input.receive(name) for name in ("study", "selection", "loaded", "analysis")
        )
        op_output.emit(summarise(study, selection, loaded, analysis, self._provenance), "results")

"""Join numbers, DICOM objects and what is known of their source."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.bundle import assemble
from cmrmap.dicom.provenance import SoftwareProvenance
from cmrmap.outcome import Outcome
from operators.base import StageOperator


class BundlerOperator(StageOperator):
    """``study``, ``selection``, ``loaded``, ``analysis``, ``files`` -> ``bundle`` (OutputBundle)."""

    def __init__(
        self,
        fragment: Fragment,
        *args: Any,
        provenance: SoftwareProvenance,
        with_csv: bool,
        outcome: Outcome,
        **kwargs: Any,
    ) -> None:
        self._provenance = provenance
        self._with_csv = with_csv
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        for name in ("study", "selection", "loaded", "analysis", "files"):
            spec.input(name)
        spec.output("bundle")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Assemble the bundle."""
        bundle = assemble(
            op_input.receive("study"),
            op_input.receive("selection"),
            op_input.receive("loaded"),
            op_input.receive("analysis"),
            op_input.receive("files"),
            self._provenance,
            with_csv=self._with_csv,
        )
        op_output.emit(bundle, "bundle")

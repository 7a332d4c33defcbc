"""Join numbers and DICOM objects."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.bundle import OutputBundle
from cmrmap.outcome import Outcome
from operators.base import StageOperator


class BundlerOperator(StageOperator):
    """``results``, ``files`` -> ``bundle`` (OutputBundle)."""

    def __init__(self, fragment: Fragment, *args: Any, with_csv: bool, outcome: Outcome, **kwargs: Any) -> None:
        self._with_csv = with_csv
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("results")
        spec.input("files")
        spec.output("bundle")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Assemble the bundle."""
        bundle = OutputBundle(op_input.receive("results"), op_input.receive("files"), self._with_csv)
        op_output.emit(bundle, "bundle")

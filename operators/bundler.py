"""Join numbers and DICOM objects."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.run.bundle import OutputBundle
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class BundlerOperator(StageOperator):
    """``results``, ``files``, ``drawing`` -> ``bundle`` (OutputBundle)."""

    def __init__(self, fragment: Fragment, *args: Any, with_csv: bool, outcome: Outcome, **kwargs: Any) -> None:
        self._with_csv = with_csv
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("results")
        spec.input("files")
        spec.input("drawing")
        spec.output("bundle")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Assemble the bundle."""
        results, files, drawing = (op_input.receive(name) for name in ("results", "files", "drawing"))
        bundle = OutputBundle(results, files, self._with_csv, drawing)
        op_output.emit(bundle, "bundle")

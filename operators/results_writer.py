"""Write everything into the output folder and say what was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.bundle import write_bundle
from cmrmap.outcome import Outcome
from operators.base import StageOperator


class ResultsWriterOperator(StageOperator):
    """``bundle`` -> the output folder. A run that never comes here is an error: see ``Outcome.report``."""

    def __init__(self, fragment: Fragment, *args: Any, folder: Path, outcome: Outcome, **kwargs: Any) -> None:
        self._folder = folder
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("bundle")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Write the bundle; the run is complete from here on."""
        bundle = op_input.receive("bundle")
        with self._outcome.writing:
            write_bundle(bundle, self._folder)
            self._outcome.report(bundle.verdicts, bundle.n_skipped)

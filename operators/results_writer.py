"""Write everything into the output folder and say what was made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.run.bundle import write_bundle
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class ResultsWriterOperator(StageOperator):
    """``bundle`` -> the output folder, and ``written``, the names of the DICOM files, where they are sent on.

    A run that never comes here is an error: see ``Outcome.report``.
    """

    def __init__(
        self, fragment: Fragment, *args: Any, folder: Path, sends: bool = False, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._folder = folder
        self._sends = sends
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("bundle")
        if self._sends:
            spec.output("written")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Write the bundle; the run is complete from here on."""
        bundle = op_input.receive("bundle")
        with self._outcome.writing:
            write_bundle(bundle, self._folder)
            self._outcome.report(bundle.verdicts, bundle.n_skipped)
        if self._sends:
            op_output.emit(tuple(file.name for file in bundle.files), "written")

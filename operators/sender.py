"""Send what was written to an archive and check that it arrived."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.dicom.transfer.base import Destination
from cmrmap.dicom.transfer.sending import send_folder
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class SenderOperator(StageOperator):
    """``written`` -> the archive. The results stay in the output folder whatever becomes of the sending."""

    def __init__(
        self, fragment: Fragment, *args: Any, folder: Path, destination: Destination, outcome: Outcome, **kwargs: Any
    ) -> None:
        self._folder = folder
        self._destination = destination
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("written")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Send the files that this run wrote; raises where one was not stored."""
        send_folder(self._folder, op_input.receive("written"), self._destination)

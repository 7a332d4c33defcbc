"""Read the headers of the input folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.deploy.conditions import CountCondition
from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.dicom.headers.read import read_study
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class StudyReaderOperator(StageOperator):
    """Folder -> ``study`` (SourceStudy)."""

    def __init__(self, fragment: Fragment, *args: Any, folder: Path, outcome: Outcome, **kwargs: Any) -> None:
        self._folder = folder
        # a source without a count would read the folder again and again
        super().__init__(fragment, CountCondition(fragment, 1), *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.output("study")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Read the study."""
        op_output.emit(read_study(self._folder), "study")

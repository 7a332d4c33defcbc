"""Find the hematocrit that belongs to the study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.dicom.headers.study_identity import patient_identifiers
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.run.hematocrit_sources import find_hematocrit
from cmrmap.run.outcome import Outcome
from operators.base import StageOperator


class HematocritFinderOperator(StageOperator):
    """``study`` -> ``hematocrit`` (Hematocrit or None)."""

    def __init__(
        self,
        fragment: Fragment,
        *args: Any,
        folder: Path,
        given: Hematocrit | None,
        configured: float | None,
        outcome: Outcome,
        **kwargs: Any,
    ) -> None:
        self._folder = folder
        self._given = given
        self._configured = configured
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("study")
        spec.output("hematocrit")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Look in the order of the contract: user, FHIR, hematocrit.json, settings."""
        known = patient_identifiers(op_input.receive("study"))
        found = find_hematocrit(self._folder, known, given=self._given, configured=self._configured)
        op_output.emit(found, "hematocrit")

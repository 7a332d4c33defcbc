"""Label every weighted image with the network."""

from __future__ import annotations

from typing import Any

from monai.deploy.core import Fragment, OperatorSpec

from cmrmap.pipeline import segment
from cmrmap.run.outcome import Outcome
from cmrmap.segmentation import Network
from operators.base import StageOperator


class SegmentationOperator(StageOperator):
    """``loaded`` -> ``segmentations`` (one SegmentationStack a series)."""

    def __init__(self, fragment: Fragment, *args: Any, network: Network, outcome: Outcome, **kwargs: Any) -> None:
        self._network = network
        super().__init__(fragment, *args, outcome=outcome, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports."""
        spec.input("loaded")
        spec.output("segmentations")

    def work(self, op_input: Any, op_output: Any) -> None:
        """Segment all series."""
        op_output.emit(segment(op_input.receive("loaded").stacks, self._network), "segmentations")

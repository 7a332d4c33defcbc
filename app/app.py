"""The graph of the application: one operator a stage of the list in cmrmap/pipeline/stages.py, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.stage import StageList
from cmrmap.pipeline.stages import STAGES, stages_of
from operators.base import GraphApplication, StageOperator

#: a site's own operators, by the name of the stage that each replaces (docs/how-to/replace-a-stage.md)
OWN_OPERATORS: Mapping[str, type[StageOperator]] = {}


class CmrmapApplication(GraphApplication):
    """A DICOM study in; maps, segmentation and numbers out.

    Parameters
    ----------
    context : what the stages are told
    stages : in an order in which they can run
    own_operators : by the name of the stage that each replaces
    """

    def __init__(
        self,
        context: RunContext,
        stages: StageList = STAGES,
        own_operators: Mapping[str, type[StageOperator]] = OWN_OPERATORS,
    ) -> None:
        super().__init__(context)
        self.stages = stages_of(context, stages)
        self.own_operators = own_operators

    def compose(self) -> None:
        """Make an operator for each stage and connect those that take what another makes."""
        flows = self.stages.flows
        taken = {flow.product for flow in flows}
        operators = {}
        for stage in self.stages:
            kind = self.own_operators.get(stage.name, StageOperator)
            operators[stage.name] = kind(self, stage=stage, context=self.run_context, emits=stage.output in taken)
        for flow in flows:
            self.add_flow(operators[flow.source], operators[flow.target], {(flow.product, flow.product)})

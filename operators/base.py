"""The one operator that every stage is, and the application that holds them."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from monai.deploy.conditions import CountCondition
from monai.deploy.core import Application, Fragment, Operator, OperatorSpec

from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.stage import Stage, perform


class GraphApplication(Application):  # type: ignore[misc]
    """An application that keeps what its run is told, and leaves the process's arguments alone.

    Parameters
    ----------
    context : what the run is told
    """

    def __init__(self, context: RunContext) -> None:
        # Given no argv, the SDK parses sys.argv a second time and takes our options for its own.
        super().__init__([sys.executable, "cmrmap"])
        self.run_context = context


class StageOperator(Operator):  # type: ignore[misc]
    """A stage as an operator: a port for each product that it takes, and one for the product that it makes.

    Whatever its call raises is kept in the run's outcome and then raised again, which ends the run; the application's
    exit code follows from the outcome. A site's own operator defines ``work``.

    Parameters
    ----------
    fragment : the application
    stage : names its ports, and what it calls
    context : what the stage is told
    emits : whether another stage takes its product
    args, kwargs : handed to the SDK's `Operator`, such as further conditions
    """

    def __init__(
        self, fragment: Fragment, *args: Any, stage: Stage, context: RunContext, emits: bool, **kwargs: Any
    ) -> None:
        self.stage = stage
        self.run_context = context
        self._emits = emits
        # a source without a count would run again and again
        conditions = () if stage.inputs else (CountCondition(fragment, 1),)
        super().__init__(fragment, *conditions, *args, name=stage.name, **kwargs)

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the ports.

        Parameters
        ----------
        spec : the SDK's, which the ports are declared on
        """
        for name in self.stage.inputs:
            spec.input(name)
        if self._emits:
            spec.output(self.stage.output)

    def work(self, context: RunContext, *inputs: Any) -> object:
        """Make the stage's product of its inputs.

        Parameters
        ----------
        context : what the run is told
        inputs : products of other stages, in the stage's order

        Returns
        -------
        object
            the product
        """
        return self.stage.call(context, *inputs)

    def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
        """Receive, make the one call, emit; called by the scheduler.

        Parameters
        ----------
        op_input, op_output : the SDK's ports, by their names
        context : the SDK's own, which is of no use here
        """
        if self.run_context.outcome.failed:  # another branch of the graph has failed, and the run is ending
            return
        inputs = [op_input.receive(name) for name in self.stage.inputs]
        product = perform(replace(self.stage, call=self.work), self.run_context, inputs)
        if self._emits:
            op_output.emit(product, self.stage.output)

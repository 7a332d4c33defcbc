"""What the application and all operators share: the run's outcome, the seconds of each stage, one log line a stage."""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from monai.deploy.core import Application, Fragment, Operator

from cmrmap.run.outcome import Outcome

_LOG = logging.getLogger("cmrmap.stage")


class GraphApplication(Application):  # type: ignore[misc]
    """An application that keeps its settings and the run's outcome, and leaves the process's arguments alone."""

    def __init__(self, settings: Any, outcome: Outcome) -> None:
        # Given no argv, the SDK parses sys.argv a second time and takes our options for its own.
        super().__init__([sys.executable, "cmrmap"])
        self.settings = settings
        self.outcome = outcome


class StageOperator(Operator):  # type: ignore[misc]
    """An operator that does its one call in `work`.

    Whatever `work` raises is kept in the application's outcome and then raised again, which ends the run; the
    application's exit code follows from the outcome.
    """

    def __init__(self, fragment: Fragment, *args: Any, outcome: Outcome, **kwargs: Any) -> None:
        self._outcome = outcome
        super().__init__(fragment, *args, **kwargs)

    def work(self, op_input: Any, op_output: Any) -> None:
        """Receive, call cmrmap once, emit: the operator's own part."""
        raise NotImplementedError(f"{type(self).__name__} must define work()")

    def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
        """Run `work`, timed; called by the scheduler."""
        if self._outcome.failed:  # another branch of the graph has failed, and the run is ending
            return
        started = time.perf_counter()
        try:
            self.work(op_input, op_output)
        except BaseException as error:
            self._outcome.fail(error, self.name)
            raise
        _LOG.info("%-24s %6.2f s", self.name, time.perf_counter() - started)

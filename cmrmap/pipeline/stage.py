"""A stage, and a list of stages: which product each takes and makes, as data."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from cmrmap.core.errors import InputError
from cmrmap.pipeline.context import RunContext
from cmrmap.run.lean_process import return_memory

_LOG = logging.getLogger("cmrmap.stage")


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the chain.

    Attributes
    ----------
    name : a verb, as in the log
    inputs : names of the products that it takes, in the order of the call's arguments
    output : name of the product that it makes
    call : takes the `RunContext` and the inputs, returns the product
    frees_memory : it needs much memory while it works; if the run has the process to itself, what earlier stages have
        freed goes back to the system before, and what it freed when it ends: the C library would keep both
    """

    name: str
    inputs: tuple[str, ...]
    output: str
    call: Callable[..., object]
    frees_memory: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A product on its way from the stage that makes it to one that takes it, by their names.

    Attributes
    ----------
    source, target : the stages
    product : what is passed on
    """

    source: str
    target: str
    product: str


@dataclass(frozen=True, slots=True)
class StageList:
    """Stages in an order in which they can run; checked when it is built.

    Attributes
    ----------
    stages : every stage after those that make what it takes

    Raises
    ------
    InputError
        two stages of one name or with one output, or an input that no earlier stage makes
    """

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        makers: dict[str, str] = {}
        names: set[str] = set()
        for stage in self.stages:
            if stage.name in names:
                raise InputError(f"two stages are called {stage.name}; give each a name of its own")
            for product in stage.inputs:
                if product not in makers:
                    raise InputError(
                        f"stage {stage.name} takes {product}, which no stage before it makes; "
                        f"made are {', '.join(makers) or 'none'}"
                    )
            if stage.output in makers:
                raise InputError(
                    f"stages {makers[stage.output]} and {stage.name} both make {stage.output}; one of them must not"
                )
            names.add(stage.name)
            makers[stage.output] = stage.name

    def __iter__(self) -> Iterator[Stage]:
        return iter(self.stages)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of all products, in the order in which they are made."""
        return tuple(stage.output for stage in self.stages)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Every product's way from its maker to those who take it, in the order of the takers."""
        makers = {stage.output: stage.name for stage in self.stages}
        return tuple(Flow(makers[product], stage.name, product) for stage in self.stages for product in stage.inputs)

    @property
    def picture(self) -> str:
        """The list as text: one line a stage, what it takes and what it makes."""
        names, inputs = (max(map(len, column)) for column in zip(*map(_words, self.stages), strict=True))
        return "\n".join(
            f"{name:{names}}  {taken:>{inputs}} -> {stage.output}"
            for stage in self.stages
            for name, taken in [_words(stage)]
        )

    def replace(self, stage: Stage) -> StageList:
        """Return the list with ``stage`` in the place of the stage of the same name.

        Parameters
        ----------
        stage : with the name of one of the list

        Returns
        -------
        StageList
            the other stages as they were

        Raises
        ------
        InputError
            there is none of this name, or the list would not be consistent

        Examples
        --------
        >>> from cmrmap.pipeline import STAGES, Stage
        >>> mine = Stage("segment", ("loaded",), "segmentations", lambda context, loaded: ())
        >>> [stage.call for stage in STAGES.replace(mine) if stage.name == "segment"] == [mine.call]
        True
        >>> STAGES.replace(Stage("segment", ("loaded",), "outlines", mine.call))
        Traceback (most recent call last):
            ...
        cmrmap.core.errors.InputError: stage refine takes segmentations, which no stage ...
        """
        if stage.name not in {one.name for one in self.stages}:
            known = ", ".join(one.name for one in self.stages)
            raise InputError(f"there is no stage {stage.name} to replace; known are {known}")
        return StageList(tuple(stage if one.name == stage.name else one for one in self.stages))

    def until(self, product: str) -> StageList:
        """Return the stages that ``product`` needs, its own last.

        Parameters
        ----------
        product : name of what is wanted

        Returns
        -------
        StageList
            in the order of this one

        Raises
        ------
        InputError
            no stage makes it

        Examples
        --------
        >>> from cmrmap.pipeline import STAGES
        >>> [stage.name for stage in STAGES.until("selection")]
        ['read', 'select']
        """
        return StageList(self.needed(product))

    def needed(self, product: str | None = None, given: Collection[str] = ()) -> tuple[Stage, ...]:
        """Return the stages that must run to make ``product`` (None: every product) where some are given.

        Parameters
        ----------
        product : name of what is wanted; None: every product
        given : names of products that are there already

        Returns
        -------
        tuple of Stage
            in the order of the list

        Raises
        ------
        InputError
            no stage makes ``product`` or one of those that are given

        Examples
        --------
        >>> from cmrmap.pipeline import STAGES
        >>> [stage.name for stage in STAGES.needed("polar", given=("loaded", "refined"))]
        ['align']
        """
        for name in (*given, *([] if product is None else [product])):
            if name not in self.outputs:
                raise InputError(f"no stage makes {name}; made are {', '.join(self.outputs)}")
        wanted = set(self.outputs if product is None else [product]) - set(given)
        needed: list[Stage] = []
        for stage in reversed(self.stages):
            if stage.output in wanted:
                needed.insert(0, stage)
                wanted |= set(stage.inputs) - set(given)
        return tuple(needed)


def perform(stage: Stage, context: RunContext, inputs: Sequence[object], log_level: int = logging.INFO) -> object:
    """Run one stage, timed in one line of the log; a failure is told to the run's outcome and raised.

    Parameters
    ----------
    stage : to run
    context : what the run is told
    inputs : the products that it takes, in its order
    log_level : of the line with its seconds

    Returns
    -------
    the product
    """
    started = time.perf_counter()
    gives_back = stage.frees_memory and context.owns_process
    if gives_back:
        return_memory(cycles=True)
    try:
        product = stage.call(context, *inputs)
    except BaseException as error:
        context.outcome.fail(error, stage.name)
        raise
    if gives_back:
        return_memory()
    _LOG.log(log_level, "%-24s %6.2f s", stage.name, time.perf_counter() - started)
    return product


def _words(stage: Stage) -> tuple[str, str]:
    return stage.name, ", ".join(stage.inputs) or "input folder"

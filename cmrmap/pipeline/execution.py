"""Stages one after the other in this process: without the SDK, every product kept by its name."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

from cmrmap.core.errors import InputError
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.stage import StageList, perform

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Products(Mapping[str, object]):
    """What stages made, by name; ``get`` knows no types, ``one`` and ``several`` check them.

    Attributes
    ----------
    by_name : the products, read-only
    """

    by_name: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType(dict(self.by_name)))

    def __getitem__(self, name: str) -> object:
        return self.by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_name)

    def __len__(self) -> int:
        return len(self.by_name)

    def one(self, name: str, kind: type[_T]) -> _T:
        """Return a product that is a ``kind``.

        Parameters
        ----------
        name : of the product, see `cmrmap.pipeline.stages.STAGES`
        kind : class that it must have

        Returns
        -------
        object
            the product, a ``kind``

        Raises
        ------
        InputError
            it was not made, or is something else

        Examples
        --------
        >>> Products({"hematocrit": 0.42}).one("hematocrit", float)
        0.42
        """
        found = self._made(name)
        if not isinstance(found, kind):
            raise InputError(f"{name} is a {type(found).__name__}; expected a {kind.__name__}")
        return found

    def several(self, name: str, kind: type[_T]) -> tuple[_T, ...]:
        """Return a product that is a tuple of ``kind``.

        Parameters
        ----------
        name : of the product, see `cmrmap.pipeline.stages.STAGES`
        kind : class that its items must have

        Returns
        -------
        tuple
            the product, each item a ``kind``

        Raises
        ------
        InputError
            it was not made, or is something else
        """
        found = self._made(name)
        if not isinstance(found, tuple) or not all(isinstance(one, kind) for one in found):
            raise InputError(f"{name} is a {type(found).__name__}; expected a tuple of {kind.__name__}")
        return found

    def _made(self, name: str) -> object:
        if name not in self.by_name:
            raise InputError(f"{name} was not made; made are {', '.join(self.by_name) or 'none'}")
        return self.by_name[name]


def run_stages(
    stages: StageList,
    context: RunContext,
    *,
    given: Mapping[str, object] | None = None,
    until: str | None = None,
    log_level: int = logging.INFO,
) -> Products:
    """Run stages in this process.

    Parameters
    ----------
    stages : in an order in which they can run
    context : what the run is told
    given : products that are there already; the stages that make them, or are needed for nothing else, do not run
    until : the product that is wanted; None: all of them
    log_level : of the lines with the stages' seconds

    Returns
    -------
    Products
        those given and those made

    Raises
    ------
    InputError
        no stage makes ``until``, or one of those given
    CmrmapError
        of a stage
    """
    made = dict(given or {})
    for stage in stages.needed(until, made):
        made[stage.output] = perform(stage, context, [made[name] for name in stage.inputs], log_level)
    return Products(made)

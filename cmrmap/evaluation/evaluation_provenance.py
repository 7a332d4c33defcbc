"""Where a number comes from: command, seed, commit, weights; stands under every table and figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cmrmap.core.version import VERSION
from cmrmap.run.software import source_commit


@dataclass(frozen=True, slots=True)
class EvaluationProvenance:
    """What made an evaluation.

    Attributes
    ----------
    command : of the evaluation
    seed : of its bootstrap intervals
    commit : of the source; "unknown" outside a repository, "+" where the source has changes
    models : name -> (command, outlines, model name and version, start of the weights' SHA-256, cohort seed)
    """

    command: str
    seed: int
    commit: str
    models: Mapping[str, tuple[str, str, str, str, str]] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[str, ...]:
        """One line for the evaluation and one a model."""
        first = f"Command: {self.command}. Seed {self.seed}. cmrmap {VERSION}, commit {self.commit}."
        return (
            first,
            *(
                f"{name}: {command}. Outlines: {source}; model {model}, weights {weights}; cohort seed {cohort_seed}."
                for name, (command, source, model, weights, cohort_seed) in self.models.items()
            ),
        )


def evaluation_provenance(command: str, seed: int, about: Mapping[str, Mapping[str, Any]]) -> EvaluationProvenance:
    """Collect the provenance of an evaluation from what each model's results say of themselves."""
    models = {}
    for name, one in about.items():
        given = one.get("input") or {}
        models[name] = (
            f"{one.get('command') or 'command not known'} (commit {one.get('commit', 'unknown')})",
            str(one.get("source", "unknown")),
            f"{one.get('model', 'unknown')} {one.get('model_version', '')}".strip(),
            str(one.get("weights_sha256", "unknown"))[:12],
            str(given.get("seed", "-")),
        )
    return EvaluationProvenance(command, seed, source_commit(), models)

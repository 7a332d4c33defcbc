"""``cmrmap transfer``: the networks and experiments of the paper's transfer learning. Imports are late: fast help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmrmap.run.shipped_model import find_model_folder


def transfer(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for networks, outcomes and the table.")],
    fraction: Annotated[
        float,
        typer.Option(help="Share of the paper's images: 3465 native T1w, 945 T2w, 1155 post-contrast T1w."),
    ] = 1.0,
    patients: Annotated[int, typer.Option("--patients", "-n", min=1, help="Patients to evaluate.")] = 20,
    native_steps: Annotated[int, typer.Option(min=1, help="Training steps of N1, of 9 images each.")] = 1500,
    other_steps: Annotated[int, typer.Option(min=1, help="Training steps of N2 to N5.")] = 600,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of patients, weights and batches.")] = 1,
    model: Annotated[
        Path | None,
        typer.Option("--model", "-m", help="Model folder whose network finds the heart; default: the one shipped."),
    ] = None,
) -> None:
    """Train N1-N5 and run experiments 1-6 of Zhu 2020 on the phantom cohort; a killed run resumes.

    Needs the extra "train" (in a checkout: make env-train). Prints a table of refinement rate, Dice, success rates, R
    and bias per experiment, with the paper's figures in brackets, and writes it to DIR/transfer.md:

      cmrmap transfer -o transfer

    N1 is trained on native T1. N2 and N3 refine it on T2 and post-contrast T1; N4 and N5 are trained on the same images
    from random weights. Experiments 1-3 make T2 with N1, N2 and N4, experiments 4-6 make ECV with N1, N3 and N5.
    """
    import json
    import logging

    from cmrmap.core.files import write_file
    from cmrmap.evaluation.transfer_experiment import as_json, run_transfer
    from cmrmap.evaluation.transfer_table import transfer_table
    from cmrmap.training.transfer_learning import TransferSettings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    settings = TransferSettings(fraction, native_steps, other_steps, seed)
    start = find_model_folder(model)
    outcomes = run_transfer(settings, output, start, patients)
    table = transfer_table(outcomes)
    write_file(output / "transfer.md", table.encode())
    write_file(output / "transfer.json", (json.dumps(as_json(outcomes)) + "\n").encode())
    print(table)

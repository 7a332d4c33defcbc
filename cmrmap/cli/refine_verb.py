"""``cmrmap refine``: the networks on a site's own cases. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmrmap.run.shipped_model import find_model_folder


def refine(
    data: Annotated[
        list[Path],
        typer.Option(
            "--data",
            help="DIR/<study>/ with DICOM images and Segmentations, a folder of phantom studies, or T1Dataset210.mat; "
            "may be given again.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for checkpoints, logs and the model.")],
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="Model folder to start from; default: the one shipped.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of 18 images.")] = 400,
    learning_rate: Annotated[float, typer.Option(min=1e-7, max=1.0, help="Largest step of the optimiser.")] = 3e-4,
    held_out: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Share of the patients to measure on, never trained on.")
    ] = 0.2,
    coarse: Annotated[bool, typer.Option("--coarse", help="Also refine the network that finds the heart.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Draws the split, the order and the augmentation.")] = 0,
) -> None:
    """Refine the shipped weights with a site's own cases; a refinement that was killed goes on where it stopped.

    Needs the extra "train" (in a checkout: make env-train). DIR/model is what the application takes:

      cmrmap refine --data cases -o refined

      cmrmap run -i study/dicom -o results -m refined/model

    Cases are split by patient. The weights kept are those that draw the held-out patients best, those of the start
    included. docs/training.md shows how the cases must lie.
    """
    import logging

    from cmrmap.training.refinement import Refinement, read_cases, refine_model

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    start = find_model_folder(model)
    cases = [case for one in data for case in read_cases(one)]
    networks = ("coarse", "fine") if coarse else ("fine",)
    settings = Refinement(steps, learning_rate, held_out, networks, seed)
    for result in refine_model(cases, start, output, settings):
        if result.before is None or result.after is None:
            print(f"{result.name} network: weights of step {result.step}; nothing was held out to measure on")
        else:
            print(
                f"{result.name} network: Dice on held-out patients {result.before:.3f} before, {result.after:.3f} "
                f"after; weights of step {result.step} kept"
            )
    print(f"model written: {output / 'model' / 'model.json'}")

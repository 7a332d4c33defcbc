"""``cmrmap refine``: the networks on a site's own cases. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmrmap.core.errors import RefusedError
from cmrmap.run.shipped_model import find_model_folder


def refine(
    data: Annotated[
        list[Path],
        typer.Option(
            "--data",
            help="DIR/<study>/ with DICOM images and their contours (Segmentations, RT Structure Sets), a folder of "
            "phantom studies, or T1Dataset210.mat; repeatable.",
        ),
    ],
    name: Annotated[
        str,
        typer.Option("--name", "-n", help='Whose contours they are, e.g. "Reader A, St. X"; shown in every output.'),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for checkpoints, logs and the model.")],
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="Model folder to start from; default: the one shipped.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Largest number of steps, of 9 images each.")] = 160,
    learning_rate: Annotated[float, typer.Option(min=1e-7, max=1.0, help="Highest learning rate.")] = 1e-3,
    held_out: Annotated[
        float,
        typer.Option(min=0.01, max=0.9, help="Share of the patients (of one: slices) held out for measurement."),
    ] = 0.2,
    coarse: Annotated[bool, typer.Option("--coarse", help="Also refine the network that finds the heart.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the split, the order and the augmentation.")] = 0,
    share: Annotated[
        float,
        typer.Option(
            min=0.01, max=1.0, help="Share of the learned weights in the stored ones; the rest are those of --model."
        ),
    ] = 0.5,
) -> None:
    """Teach the network a site's own convention, from one or more studies with contours; minutes on two cores.

    Needs the extra "train" (in a checkout: make env-train). Give DIR/model to the application with -m; without -m it
    uses the shipped model as before:

      cmrmap refine --data cases --name "Reader A, St. X" -o refined

      cmrmap run -i study/dicom -o results -m refined/model

    A model is written only if it segments held-out images better, and follows clear edges no worse, than the model it
    started from. Otherwise one line gives the reason, with exit code 4. A killed refinement resumes where it stopped.
    docs/training.md shows how to arrange the cases.
    """
    import logging

    from cmrmap.training.refinement import Refinement, read_cases, refine_model

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    networks = ("coarse", "fine") if coarse else ("fine",)
    settings = Refinement(name, steps, learning_rate, held_out, networks, seed, share)
    start = find_model_folder(model)
    cases = [case for one in data for case in read_cases(one)]
    outcome = refine_model(cases, start, output, settings)
    for result in outcome.networks:
        kept = f"weights of step {result.step} kept" if result.step else "not refined"
        reached = f"Dice on the held-out images {result.before:.3f} before, {result.after:.3f} after"
        print(f"{result.name} network: {reached}; {kept}")
    if outcome.borders is not None:
        before, after = outcome.borders
        print(f"clear edges of the phantom: {before.off:.1%} of the rays off before, {after.off:.1%} after")
    if outcome.refused:
        raise RefusedError(f"no refined model was written, the model stays as it was: {outcome.refused}")
    print(f"model of {settings.convention} written: {output / 'model' / 'model.json'}")

"""``cmrmap train``: the networks on synthetic images. Imports are late, so that help comes at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cmrmap.core.version import VERSION

_CALIBRATION_SLICES = 200
_WITHOUT_HEART = 0.4  # of the slices on which the head is trained alone


def train(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for checkpoints, logs and the model.")],
    coarse_steps: Annotated[int, typer.Option(min=1, help="Steps of the network that finds the heart.")] = 1200,
    fine_steps: Annotated[int, typer.Option(min=1, help="Steps of the network that segments it.")] = 6400,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of weights and images.")] = 1,
    learning_rate: Annotated[
        float,
        typer.Option(min=1e-6, max=0.1, help="Highest learning rate; use a lower one with --from."),
    ] = 2e-3,
    name: Annotated[str, typer.Option(help="Name of the model on its card.")] = "stack-unet",
    cine: Annotated[
        Path | None,
        typer.Option(help="Real anatomy: .npz of cine slices with the cavity labelled in all, the wall in some."),
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Model folder whose weights to start from; default: random ones.")
    ] = None,
    heart_steps: Annotated[int, typer.Option(min=0, help="Further steps for the heart recogniser alone; 0: none.")] = 0,
    outlines: Annotated[
        Path | None,
        typer.Option(
            help="Model folder whose segmentation is kept: only the distinction of hearts from other organs is trained."
        ),
    ] = None,
    hold_out: Annotated[
        int, typer.Option(min=0, help="Number of patients in the --cine file that are held out for measurement.")
    ] = 8,
    watch: Annotated[
        Path | None,
        typer.Option(help="DIR/<subject>/reference.npz: images not used for training, whose wall Dice is logged."),
    ] = None,
) -> None:
    """Train the segmentation on synthetic images; a killed training resumes where it stopped.

    With --cine, half of the slices show real anatomy with mapping contrast; where its readers did not contour the
    wall, only the cavity is learned.

    A step has 18 images. On two cores the defaults take about two hours. Give DIR/model to the application with -m:

      cmrmap train -o training

      cmrmap run -i study/dicom -o results -m training/model
    """
    import logging
    from dataclasses import asdict

    from cmrmap.evaluation.subjects import overlap_of, read_subjects
    from cmrmap.segmentation import load_network
    from cmrmap.training.border_calibration import calibrate, measure_borders, synthetic_slices
    from cmrmap.training.cine import held_out_subjects, read_cine
    from cmrmap.training.displaced_outlines import settle
    from cmrmap.training.export import averaged_weights, export, network_of
    from cmrmap.training.loop import TrainingSettings
    from cmrmap.training.loop import train as train_network
    from cmrmap.training.remap import prepare

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    watched, left_out = ((), {}) if watch is None else read_subjects(watch, pixel_mm=1.4)  # told now, not after hours
    for subject, reason in left_out.items():
        logging.warning("not watched: %s: %s", subject, reason)
    first = None if start is None else load_network(start)
    kept = None if outlines is None else load_network(outlines)
    cases = () if cine is None else settle(read_cine(cine))
    apart = held_out_subjects(cases, hold_out)
    scenes = [scene for case in cases if case.subject not in apart and (scene := prepare(case)) is not None]

    def wall_dice(fine: Mapping[str, Any]) -> dict[str, float]:
        network = network_of(averaged_weights(output, "coarse"), fine)
        found = (overlap_of(one, one.drawn_by(network)) for one in watched)
        return {one.name: float(one.wall_dice.mean()) for one in found}

    for network, steps in (("coarse", coarse_steps), ("fine", fine_steps)):
        weights = None if first is None else getattr(first, network).state_dict()
        watcher = wall_dice if watched and network == "fine" else None
        settings = TrainingSettings(network, steps, seed=seed, learning_rate=learning_rate)
        train_network(settings, output, scenes=scenes, start=weights, watch=watcher)
    if heart_steps:
        alone = TrainingSettings("fine", heart_steps, seed=seed, without_heart_share=_WITHOUT_HEART, heart_only=True)
        train_network(alone, output / "heart", scenes=scenes, start=averaged_weights(output, "fine"))
    drawing = kept or network_of(*(averaged_weights(output, part) for part in ("coarse", "fine")))
    curve = calibrate(measure_borders(drawing.fine, synthetic_slices(seed), _CALIBRATION_SLICES))
    described = {"name": name, "version": VERSION, "border_calibration": asdict(curve)}
    card = export(output, output / "model", described, outlines=kept)
    print(f"model written: {card}")

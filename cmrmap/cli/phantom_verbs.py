"""``cmrmap phantom``: digital hearts with known truth, as DICOM. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmrmap.cli.shared import progress_bar

phantom = typer.Typer(help="Digital hearts with known truth, as DICOM.", no_args_is_help=True)


@phantom.command("study")
def phantom_study(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for DIR/dicom and DIR/truth.")],
    seed: Annotated[int, typer.Option(min=0, help="Random seed of anatomy, tissue, motion and noise.")] = 1,
    snr: Annotated[float, typer.Option(help="Signal of the myocardium over the noise's SD; inf is no noise.")] = 30.0,
    disease: Annotated[str, typer.Option(help="none, diffuse (the whole wall) or focal (one segment).")] = "none",
    motion: Annotated[
        float | None,
        typer.Option(min=0.0, help="Breathing and contraction between images; default 1, for scanner's maps 0."),
    ] = None,
    hematocrit_file: Annotated[
        bool, typer.Option("--hematocrit-file", help="Also write dicom/hematocrit.json, which the application reads.")
    ] = False,
    flavour: Annotated[
        str, typer.Option(help="Vendor profile of the headers; cmrmap phantom flavours lists them.")
    ] = "standard",
    also: Annotated[list[str] | None, typer.Option(help="Also write a series for this map; repeatable.")] = None,
    t1: Annotated[
        str, typer.Option("--t1", help="T1 sequence: stone, molli, molli-seconds, molli-original, shmolli, sasha.")
    ] = "stone",
    efficiency: Annotated[
        float | None, typer.Option(help="Efficiency of MOLLI's inversion (0.90-0.98 in hearts) or SASHA's saturation.")
    ] = None,
    off_resonance: Annotated[float, typer.Option(help="Off-resonance of the heart in MOLLI or SASHA, Hz.")] = 0.0,
    heart_rate: Annotated[
        float | None, typer.Option("--heart-rate", help="Mean beats per minute; default: random, from the seed.")
    ] = None,
    scanner_maps: Annotated[
        bool, typer.Option("--scanner-maps", help="Write only the scanner's own maps, with its vendor profile.")
    ] = False,
) -> None:
    """Write one phantom study: five short-axis slices, native T1, T2 and post-contrast T1, and their truth.

    The same options give the same bytes. DIR/dicom is the application's input:

      cmrmap phantom study -o study --seed 7 --hematocrit-file

      cmrmap run -i study/dicom -o results

    With --t1 the T1 series are simulated with the Bloch equations, beat by beat. The truth then also contains the
    result of an exact fit to the noise-free signals, since the fitted model has a bias of its own:

      cmrmap phantom study -o study --t1 molli --heart-rate 85 --efficiency 0.94

    With --scanner-maps the images of one breath-hold are fitted pixel by pixel without registration, and only these
    maps are written, with the vendor profile:

      cmrmap phantom study -o study --scanner-maps --flavour siemens-ve11
    """
    from cmrmap.phantom.sequences import sequence_named
    from cmrmap.phantom.study_writer import write_study

    write_study(
        output,
        seed=seed,
        snr=snr,
        disease=disease,
        motion=motion,
        hematocrit_file=hematocrit_file,
        flavour=flavour,
        also=[sequence_named(name).kind for name in also or ()],
        t1=t1,
        efficiency=efficiency,
        off_resonance_hz=off_resonance,
        heart_rate_bpm=heart_rate,
        scanner_maps=scanner_maps,
    )
    n_files = sum(1 for _ in (output / "dicom").rglob("*.dcm"))
    print(f"phantom study written: {n_files} images in {output / 'dicom'}, truth in {output / 'truth'}")


@phantom.command("flavours")
def phantom_flavours() -> None:
    """List the vendor profiles for phantom studies: cmrmap phantom study -o DIR --flavour NAME."""
    from cmrmap.phantom.flavours import FLAVOURS

    for flavour in FLAVOURS.values():
        print(f"{flavour.name:20} {flavour.summary}")


@phantom.command("cohort")
def phantom_cohort(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for DIR/<patient>/dicom and /truth.")],
    patients: Annotated[int, typer.Option("--patients", "-n", min=1, help="Virtual patients.")] = 30,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the cohort; patient k is the same in a cohort of any size.")
    ] = 1,
    t1: Annotated[
        str, typer.Option("--t1", help="T1 sequence: stone, molli, molli-seconds, molli-original, shmolli, sasha.")
    ] = "stone",
    t2: Annotated[str, typer.Option("--t2", help="T2-prepared images: nine, or three (0, 30, 55 ms).")] = "nine",
    conditions: Annotated[
        str, typer.Option(help="usual, or wide: also scar, oedema, amyloid, iron, athletes, thin dilated walls.")
    ] = "usual",
    field_strength: Annotated[float, typer.Option("--field-strength", help="Field strength, tesla: 1.5 or 3.")] = 1.5,
    flavour: Annotated[
        str, typer.Option(help="Vendor profile of the headers; cmrmap phantom flavours lists them.")
    ] = "standard",
    processes: Annotated[int | None, typer.Option(min=1, help="Parallel processes; default: one per core.")] = None,
) -> None:
    """Write a cohort of virtual patients with known truth and a simulated reader's contours.

    Anatomy, heart rate, T1, T2, ECV, hematocrit, disease (about 10 % raised T2, 35 % raised ECV), SNR, motion,
    arrhythmia and artefacts vary at random, as in patients. A cohort can be enlarged: complete patients are kept.

      cmrmap phantom cohort -o cohort --patients 30

      cmrmap cohort -i cohort -o results

    Every option applies to the whole cohort and does not change what is varied by the others. For example, as a
    clinical scanner would send it:

      cmrmap phantom cohort -o wide --t1 molli --t2 three --conditions wide --flavour siemens-ve11
    """
    from cmrmap.phantom.cohort import write_cohort
    from cmrmap.phantom.cohort_options import CohortOptions

    with progress_bar() as bar:
        job = bar.add_task("virtual patients", total=patients)
        write_cohort(
            output,
            patients=patients,
            options=CohortOptions(seed, t1, t2, conditions, field_strength, flavour),
            processes=processes,
            progress=lambda done, _: bar.update(job, completed=done),
        )
    print(f"cohort written: {patients} patients in {output}, table {output / 'patients.csv'}")

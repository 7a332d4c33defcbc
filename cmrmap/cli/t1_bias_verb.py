"""``cmrmap evaluate t1-bias``: what T1 mapping sequences get wrong by themselves. Imports are late, for quick help."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer


def t1_bias(
    sequence: Annotated[
        list[str] | None,
        typer.Option("--sequence", "-s", help="5(3)3, 5s(3s)3s, ShMOLLI, SASHA, SASHA-2p ...; repeatable."),
    ] = None,
    t1: Annotated[list[float] | None, typer.Option("--t1", help="True T1, ms; repeatable.")] = None,
    t2: Annotated[list[float] | None, typer.Option("--t2", help="T2, ms, for every T1; repeatable.")] = None,
    heart_rate: Annotated[
        list[float] | None, typer.Option("--heart-rate", help="Beats per minute; repeatable.")
    ] = None,
    efficiency: Annotated[
        float | None, typer.Option(help="Efficiency of the inversion or saturation; default: 0.96 and 0.98.")
    ] = None,
    off_resonance: Annotated[float | None, typer.Option(help="Off-resonance of the heart, Hz; default: 0.")] = None,
    flip_angle: Annotated[float | None, typer.Option(help="Flip angle, degrees; default: 35, SASHA 70.")] = None,
    repetition_time: Annotated[float | None, typer.Option(help="TR from pulse to pulse, ms; default: 2.8.")] = None,
    ramp: Annotated[str | None, typer.Option(help="linear (five pulses), half-alpha or none; default: linear.")] = None,
    pulses: Annotated[int | None, typer.Option(help="Pulses per image after the ramp; default: 63.")] = None,
    before_centre: Annotated[
        int | None, typer.Option("--before-centre", help="Pulses before the k-space centre; default: 27.")
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables as Markdown.")] = False,
) -> None:
    """Print the bias of a T1 sequence without noise or motion, by T1, T2 and heart rate.

    The signals come from the Bloch equations, beat by beat; the fit is the application's own. A dash means that the
    fit gives no usable value.

      cmrmap evaluate t1-bias

      cmrmap evaluate t1-bias -s "5(3)3" --t1 1200 --t2 45 --heart-rate 85 --efficiency 0.94 --flip-angle 35
    """
    from rich.console import Console
    from rich.table import Table

    from cmrmap.core.errors import InputError
    from cmrmap.evaluation.t1_bias import BiasTissue, changed, sequence_called
    from cmrmap.evaluation.t1_bias_tables import BiasQuestion, bias_tables, to_markdown

    question = BiasQuestion()
    if t1 or t2:
        default = question.example
        question = replace(
            question,
            tissues=tuple(BiasTissue(a, b) for a in t1 or [default.t1_ms] for b in t2 or [default.t2_ms]),
        )
        question = replace(question, example=question.tissues[0])
    if heart_rate:
        question = replace(question, heart_rates_bpm=tuple(heart_rate), example_bpm=heart_rate[0])
    readout = {
        "flip_angle_deg": flip_angle,
        "repetition_time_ms": repetition_time,
        "ramp": ramp,
        "pulses": pulses,
        "pulses_before_centre": before_centre,
    }
    asked = {name: value for name, value in readout.items() if value is not None}
    try:
        protocols = [
            replace(one, readout=replace(one.readout, **asked))  # type: ignore[arg-type]
            for one in map(sequence_called, sequence or question.sequences)
        ]
        tables = bias_tables(question, [changed(one, efficiency, off_resonance) for one in protocols])
    except ValueError as error:
        raise InputError(str(error)) from None
    if markdown:
        print(to_markdown(tables), end="")
        return
    console = Console()
    for table in tables:
        shown = Table(title=table.title)
        for name in table.header:
            shown.add_column(name, justify="right")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)

"""Tables of the known bias of T1 mapping sequences."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cmrmap.evaluation.t1_bias import BiasTissue, bias_percent, changed
from cmrmap.phantom.t1_protocols import T1Protocol

_T2_MS = 45.0
_POST_CONTRAST_MS = (300.0, 400.0, 500.0, 700.0)
_NATIVE = tuple(itertools.product((1000.0, 1150.0, 1300.0), (35.0, _T2_MS, 60.0)))
_EJECTED = 0.6
#: myocardium after and before contrast, blood at rest (1.5 T) and blood of which a beat exchanges what it ejects
TISSUES = (
    *(BiasTissue(t1, _T2_MS) for t1 in _POST_CONTRAST_MS),
    *(BiasTissue(t1, t2) for t1, t2 in _NATIVE),
    BiasTissue(1600.0, _T2_MS),
    BiasTissue(1650.0, 200.0),
    BiasTissue(1650.0, 200.0, _EJECTED),
)


@dataclass(frozen=True, slots=True)
class BiasQuestion:
    """What the tables show.

    Attributes
    ----------
    sequences : names, see `cmrmap.evaluation.t1_bias.BIAS_SEQUENCES`
    tissues : rows of the tables by heart rate
    heart_rates_bpm, efficiencies, off_resonances_hz : their columns
    example : tissue of the tables by efficiency and off-resonance
    example_bpm : heart rate of the tables by efficiency and off-resonance
    """

    sequences: tuple[str, ...] = ("5(3)3", "4(1)3(1)2", "5s(3s)3s", "ShMOLLI", "SASHA", "SASHA-2p")
    tissues: tuple[BiasTissue, ...] = TISSUES
    heart_rates_bpm: tuple[float, ...] = (45.0, 60.0, 75.0, 90.0, 110.0)
    efficiencies: tuple[float, ...] = (0.90, 0.92, 0.94, 0.96, 0.98, 1.0)
    off_resonances_hz: tuple[float, ...] = (0.0, 30.0, 60.0, 90.0, 120.0)
    example: BiasTissue = field(default_factory=lambda: BiasTissue(1150.0, 45.0))
    example_bpm: float = 60.0


@dataclass(frozen=True, slots=True)
class BiasTable:
    """Title, column names and rows of text."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def bias_tables(question: BiasQuestion, protocols: Sequence[T1Protocol]) -> tuple[BiasTable, ...]:
    """Return one table by heart rate a sequence, then one by efficiency and one by off-resonance of all sequences.

    Parameters
    ----------
    question : what they show
    protocols : of the question's sequences, in their order
    """
    by_rate = tuple(_by_heart_rate(question, protocol) for protocol in protocols)
    where = (
        f"T1 {question.example.t1_ms:g} ms, T2 {question.example.t2_ms:g} ms, {question.example_bpm:g} beats a minute"
    )

    def table(title: str, unit: str, values: Sequence[float], variants: Sequence[Sequence[T1Protocol]]) -> BiasTable:
        rows = [
            (row[0].name, *(_cell(bias_percent(one, [question.example], question.example_bpm)[0]) for one in row))
            for row in variants
        ]
        return BiasTable(f"Bias in % by {title}: {where}", (title, *(f"{v:g}{unit}" for v in values)), tuple(rows))

    efficiencies, frequencies = question.efficiencies, question.off_resonances_hz
    return (
        *by_rate,
        table(
            "efficiency of inversion or saturation",
            "",
            efficiencies,
            [[changed(one, efficiency=value) for value in efficiencies] for one in protocols],
        ),
        table(
            "off-resonance",
            " Hz",
            frequencies,
            [[changed(one, off_resonance_hz=value) for value in frequencies] for one in protocols],
        ),
    )


def to_markdown(tables: Sequence[BiasTable]) -> str:
    """Return the tables as Markdown, one after the other."""
    parts = []
    for table in tables:
        lines = [table.header, ("---",) * len(table.header), *table.rows]
        parts.append("\n".join([f"**{table.title}**", "", *(f"| {' | '.join(line)} |" for line in lines)]))
    return "\n\n".join(parts) + "\n"


def _by_heart_rate(question: BiasQuestion, protocol: T1Protocol) -> BiasTable:
    columns = [bias_percent(protocol, question.tissues, rate) for rate in question.heart_rates_bpm]
    rows = [
        (f"{one.t1_ms:g}", f"{one.t2_ms:g}" + (f", {one.renewed:.0%} renewed" if one.renewed else ""), *map(_cell, row))
        for one, row in zip(question.tissues, np.array(columns).T, strict=True)
    ]
    rates = (f"{rate:g}/min" for rate in question.heart_rates_bpm)
    return BiasTable(f"Bias in % of {about(protocol)}", ("T1, ms", "T2, ms", *rates), tuple(rows))


def about(protocol: T1Protocol) -> str:
    """Return a sequence in words: its readout and how well it prepares."""
    readout, kept = protocol.readout, protocol.preparation.kept
    pulse, efficiency = ("inversion", -kept) if protocol.is_inversion else ("saturation", 1.0 - kept)
    off = f", {protocol.off_resonance_hz:g} Hz off resonance" if protocol.off_resonance_hz else ""
    return (
        f"{protocol.name}: {pulse} {efficiency:g}, flip angle {readout.flip_angle_deg:g}°, TR "
        f"{readout.repetition_time_ms:g} ms, {readout.pulses} pulses, {readout.pulses_before_centre} before the "
        f"centre{off}"
    )


def _cell(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:+.1f}"

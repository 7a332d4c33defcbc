"""The known bias of T1 sequences, its tables and its command."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError
from cmrmap.evaluation.t1_bias import BIAS_SEQUENCES, BiasTissue, bias_percent, changed, estimates_ms, sequence_called
from cmrmap.evaluation.t1_bias_tables import BiasQuestion, about, bias_tables, to_markdown
from cmrmap.phantom.bssfp_readout import BalancedReadout
from cmrmap.phantom.prepared_train import Preparation

WALL = BiasTissue(1150.0, 45.0)
# an echo right after the pulse: half a TR between them counts as recovery that was not
GENTLE = BalancedReadout(flip_angle_deg=0.01, repetition_time_ms=0.01, ramp="none", pulses_before_centre=0, pulses=1)


def test_without_readout_and_with_a_perfect_inversion_there_is_none():
    sequence = replace(sequence_called("5(3)3"), readout=GENTLE, preparation=Preparation.inversion())
    assert bias_percent(sequence, [BiasTissue(300.0, 45.0)], 45.0)[0] == pytest.approx(0.0, abs=0.05)


def test_molli_is_a_tenth_low_in_myocardium_whatever_the_heart_rate():
    """5-15 %: Kellman and Hansen, J Cardiovasc Magn Reson 2014;16:2."""
    for rate in (45.0, 60.0, 75.0, 90.0, 110.0):
        assert -15.0 < bias_percent(sequence_called("5(3)3"), [WALL], rate)[0] < -5.0


def test_error_is_greatest_with_long_t1_and_grows_with_the_heart_rate():
    """McDiarmid et al., Quant Imaging Med Surg 2015;5:503-510, in gels."""
    sequence = sequence_called("5(3)3")
    slow, fast = (bias_percent(sequence, [BiasTissue(t1, 45.0) for t1 in (500.0, 1000.0, 1600.0)], r) for r in (45, 90))
    assert (np.diff(slow) < 0).all()
    assert fast[2] < slow[2]


def test_seconds_make_it_less_dependent_on_fast_hearts():
    beats, seconds = (bias_percent(sequence_called(name), [BiasTissue(1600.0, 45.0)], 100.0)[0] for name in
                      ("5(3)3", "5s(3s)3s"))  # fmt: skip
    assert seconds > beats + 1.0


def test_an_inversion_of_96_percent_costs_about_four():
    good, usual = (bias_percent(changed(sequence_called("5(3)3"), efficiency=e), [WALL], 60.0)[0] for e in (1.0, 0.96))
    assert good - usual == pytest.approx(3.6, abs=0.5)


def test_saturation_recovery_depends_neither_on_t2_nor_on_rate():
    tissues = [BiasTissue(1150.0, t2) for t2 in (35.0, 45.0, 60.0)]
    found = [bias_percent(sequence_called("SASHA"), tissues, rate) for rate in (45.0, 75.0, 100.0)]
    assert np.ptp(found) < 1.5
    assert np.abs(found).max() < 2.5


def test_what_does_not_count_is_no_number():
    off = changed(sequence_called("5(3)3"), off_resonance_hz=175.0)  # in the dark band at 179 Hz
    assert np.isnan(estimates_ms(off, [BiasTissue(1000.0, 45.0)], 60.0)[0])


def test_sequences_are_called_as_people_call_them():
    assert {"5(3)3", "4(1)3(1)2", "5s(3s)3s", "ShMOLLI", "SASHA"} <= set(BIAS_SEQUENCES)
    assert sequence_called("shmolli") is BIAS_SEQUENCES["ShMOLLI"]
    with pytest.raises(InputError, match=r"the sequence must be one of 5\(3\)3, .* found 'STONE'"):
        sequence_called("STONE")


@pytest.mark.parametrize("values", [(0.0, 45.0), (1000.0, 0.0), (40.0, 50.0), (6000.0, 50.0), (float("nan"), 50.0)])
def test_what_is_no_tissue_is_refused(values):
    with pytest.raises(InputError, match="a tissue has 0 < T2 <= T1 <= 5000 ms"):
        BiasTissue(*values)
    with pytest.raises(InputError, match="the renewed share must be within"):
        BiasTissue(1000.0, 45.0, 1.5)


def test_tables_hold_every_combination():
    question = BiasQuestion(
        sequences=("5(3)3", "SASHA"), tissues=(WALL, BiasTissue(1650.0, 200.0, 0.6)), heart_rates_bpm=(60.0, 80.0)
    )
    tables = bias_tables(question, [sequence_called(name) for name in question.sequences])
    assert len(tables) == 4
    assert tables[0].header == ("T1, ms", "T2, ms", "60/min", "80/min")
    assert tables[0].rows[1][:2] == ("1650", "200, 60% renewed")
    assert [row[0] for row in tables[2].rows] == ["MOLLI 5(3)3", "SASHA"]
    expected = bias_percent(sequence_called("5(3)3"), [WALL], 60.0)[0]
    assert tables[0].rows[0][2] == f"{expected:+.1f}"
    assert tables[3].rows[0][1] == f"{expected:+.1f}"  # on resonance
    lines = to_markdown(tables).splitlines()
    assert lines[0].startswith("**Bias in % of MOLLI 5(3)3: inversion 0.96, flip angle 35°, TR 2.8 ms, 63 pulses, 27 ")
    assert {line.count("|") for line in lines[2:6]} == {5}


def test_a_sequence_is_told_in_words():
    told = about(changed(sequence_called("SASHA"), off_resonance_hz=40.0))
    assert told.startswith("SASHA: saturation 0.98, flip angle 70°")
    assert told.endswith("40 Hz off resonance")


def test_the_command_prints_what_was_asked():
    options = ["-s", "5(3)3", "--t1", "1150", "--t2", "45", "--heart-rate", "60", "--efficiency", "1", "--markdown"]
    found = CliRunner().invoke(cli, ["evaluate", "t1-bias", *options])
    assert found.exit_code == 0, found.output
    expected = bias_percent(changed(sequence_called("5(3)3"), efficiency=1.0), [WALL], 60.0)[0]
    assert f"| 1150 | 45 | {expected:+.1f} |" in found.output
    assert "inversion 1, flip angle 35°" in found.output
    shown = CliRunner().invoke(cli, ["evaluate", "t1-bias", *options[:-1]], env={"COLUMNS": "140"})
    assert f"{expected:+.1f}" in shown.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-s", "5-3-3"], "the sequence must be one of"),
        (["--ramp", "kaiser"], "ramp must be"),
        (["--pulses", "10"], "k-space centre must lie within the train"),
        (["--pulses", "250", "--heart-rate", "110"], "before the one ahead of it has ended"),
        (["--before-centre", "60"], "to its centre"),
        (["--heart-rate", "300"], "at most 200 beats a minute"),
        (["--efficiency", "0"], "efficiency must be within"),
        (["--t1", "30"], "a tissue has 0 < T2 <= T1"),
    ],
)
def test_the_command_refuses_in_one_line(options, words):
    found = CliRunner().invoke(cli, ["evaluate", "t1-bias", *options])
    assert isinstance(found.exception, InputError)
    assert words in str(found.exception)


def test_the_document_shows_what_the_command_prints():
    """Where it does not: paste the output of `cmrmap evaluate t1-bias --markdown` into docs/clinical-series.md."""
    printed = CliRunner().invoke(cli, ["evaluate", "t1-bias", "--markdown"])
    assert printed.exit_code == 0, printed.output
    document = (Path(__file__).resolve().parents[3] / "docs" / "clinical-series.md").read_text(encoding="utf-8")
    assert printed.output in document

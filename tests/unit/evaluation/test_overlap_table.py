"""The tables of overlap: what is there is printed, what cannot be compared is a dash."""

import numpy as np
from rich.console import Console

from cmrmap.evaluation.overlap_table import overlap_tables
from cmrmap.evaluation.subjects import SubjectOverlap


def test_figures_and_dashes_fit_a_terminal() -> None:
    known = np.array([[0.5, 0.7, 0.9], [np.nan, 0.8, 0.8]])
    nothing = np.full((2, 3), np.nan)
    one = SubjectOverlap("s1", known, known - 0.1, known > 0.6, nothing, nothing, known - 2, nothing)
    console = Console(width=80, record=True, force_terminal=False)
    console.print(*overlap_tables([one], "model tiny 0"))
    text = console.export_text()
    assert "0.740" in text
    assert "0.800" in text
    assert "0.640" in text
    assert "67%" in text
    assert " 5 " in text  # images with a Dice
    assert "-1.3 mm" in text
    assert text.count(" - ") == 4
    assert "…" not in text

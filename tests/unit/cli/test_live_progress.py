"""Bars on a terminal, nothing elsewhere."""

import io
import sys

from cmrmap.cli.live_progress import live_progress
from cmrmap.core.progress import tracked


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def test_a_terminal_is_shown_what_is_done_of_how_many_at_which_rate(monkeypatch):
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with live_progress():
        assert list(tracked(range(3), "drawing contours, slices", 3)) == [0, 1, 2]
        assert list(tracked(range(2), "fitting T2, slices", 2)) == [0, 1]
    shown = stream.getvalue()
    assert "fitting T2, slices" in shown
    assert "2/2" in shown
    assert "/s" in shown
    assert "left" in shown


def test_a_file_or_a_pipe_is_shown_nothing(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with live_progress():
        assert list(tracked(range(3), "drawing contours, slices", 3)) == [0, 1, 2]
    assert stream.getvalue() == ""

"""Stands in for the client's HTTP door."""

from __future__ import annotations

from tritonclient import left_out


def __getattr__(name: str) -> object:
    raise left_out(f"tritonclient.http.{name}")

"""Stands in for the reader of such descriptions (see tritonclient, beside)."""

from __future__ import annotations

from tritonclient import left_out


def __getattr__(name: str) -> object:
    raise left_out(f"google.protobuf.text_format.{name}")

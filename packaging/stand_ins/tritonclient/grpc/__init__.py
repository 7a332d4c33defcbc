"""Stands in for the client's gRPC door."""

from __future__ import annotations

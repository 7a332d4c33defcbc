"""Stands in for the messages that describe a model on a Triton server; the SDK imports two of them by name."""

from __future__ import annotations

from tritonclient import left_out


class ModelConfig:
    """Stands in for a model's description."""

    def __init__(self) -> None:
        raise left_out("tritonclient.grpc.model_config_pb2.ModelConfig")


class DataType:
    """Stands in for the names of types."""

    @staticmethod
    def Name(_: int) -> str:  # noqa: N802 the message's own name
        """Raise: there is no such name here."""
        raise left_out("tritonclient.grpc.model_config_pb2.DataType")

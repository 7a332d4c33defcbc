"""Who made an object, in the strings that every written object carries."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "CMRmap"


@dataclass(frozen=True, slots=True)
class SoftwareProvenance:
    """What the written objects say about their origin; part of the hash that their UIDs are made of.

    Attributes
    ----------
    software_version : e.g. "0.1.0"
    weights_sha256 : digest of the network's weights, hexadecimal
    settings_sha256 : digest of the settings, hexadecimal
    """

    software_version: str
    weights_sha256: str
    settings_sha256: str

    @property
    def device_serial_number(self) -> str:
        """Type 1 in the Enhanced General Equipment module; software has none, so its name and version stand for it."""
        return f"{NAME}-{self.software_version}"[:64]

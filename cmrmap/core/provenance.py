"""Who made an object, in the strings that every written object carries."""

from __future__ import annotations

from dataclasses import dataclass

from cmrmap.core.errors import InputError

NAME = "CMRmap"
#: what every output calls a model that is not the one that ships with this version
SITE_MODEL = "site model"
#: characters: with the words before it, it fits into every series description and name of a DICOM object (64)
LONGEST_CONVENTION = 24


@dataclass(frozen=True, slots=True)
class SoftwareProvenance:
    """What the written objects say about their origin; part of the hash that their UIDs are made of.

    Attributes
    ----------
    software_version : e.g. "0.1.0"
    weights_sha256 : digest of the network's weights, hexadecimal
    settings_sha256 : digest of the settings, hexadecimal
    convention : whose contours the weights were refined with, or `SITE_MODEL` where their card does not say; None: the
        model is the one that ships with this version
    """

    software_version: str
    weights_sha256: str
    settings_sha256: str
    convention: str | None = None

    @property
    def device_serial_number(self) -> str:
        """Type 1 in the Enhanced General Equipment module; software has none, so its name and version stand for it."""
        return f"{NAME}-{self.software_version}"[:64]

    @property
    def algorithm_name(self) -> str:
        """Name of what drew the outlines: that of the software; of a site model also whose convention it was taught."""
        return NAME if self.convention is None else f"{NAME}, {self.convention}"

    @property
    def model(self) -> str:
        """What the model is called in words, as :func:`model_in_words`."""
        return model_in_words(self.convention)

    @property
    def in_brackets(self) -> str:
        """The convention as it ends a description, " (Reader A)"; "" for the shipped weights."""
        return "" if self.convention is None else f" ({self.convention})"


def model_in_words(convention: str | None) -> str:
    """Return what a model is called in words: "shipped model", or "site model" with whose contours it draws.

    Parameters
    ----------
    convention : as in :class:`SoftwareProvenance`
    """
    if convention is None:
        return "shipped model"
    return SITE_MODEL if convention == SITE_MODEL else f"{SITE_MODEL} ({convention})"


def check_convention(name: str) -> str:
    """Return a convention's name without spaces around it.

    Parameters
    ----------
    name : whose contours a model draws, e.g. "Reader A, St. X"; goes into every output

    Raises
    ------
    InputError
        empty, longer than ``LONGEST_CONVENTION``, or with a backslash or a line end, which DICOM cannot hold
    """
    kept = name.strip()
    if not kept or len(kept) > LONGEST_CONVENTION or "\\" in kept or not kept.isprintable():
        raise InputError(
            f"the convention's name has {len(kept)} characters; expected 1 to {LONGEST_CONVENTION}, printable, without "
            'backslash: say whose contours they are, e.g. "Reader A, St. X"'
        )
    return kept

"""Values of a header as they may be written again: what breaks the rules of its VR is mended or left out."""

from __future__ import annotations

import re


def clean_text(given: str, longest: int) -> str:
    """Return the text without control characters and backslashes.

    Parameters
    ----------
    given : a value as it was read
    longest : characters that the VR allows; the rest is cut off
    """
    return re.sub(r"[\x00-\x1f\x7f\\]+", " ", given).strip()[:longest].strip()


def clean_code(given: str) -> str:
    """Return the code string (VR CS: 16 capital letters, digits, spaces, underscores), or "" if it is not valid.

    Parameters
    ----------
    given : one value as it was read; small letters become capitals
    """
    code = given.strip(" \0")
    return code.upper() if re.fullmatch(r"[A-Za-z0-9 _]{1,16}", code) else ""


def clean_uid(given: str) -> str:
    """Return the UID (DICOM PS3.5 9.1), or "" if it is not valid: other text may be a name, or part of a file.

    Parameters
    ----------
    given : a value as it was read; components with leading zeros, which some systems write, are accepted
    """
    return given if len(given) <= 64 and re.fullmatch(r"[0-9]+(\.[0-9]+)*", given) else ""


def clean_date(given: str) -> str:
    """Return the date (VR DA), or "" if it is not valid.

    Parameters
    ----------
    given : a value as it was read; YYYYMMDD is a date
    """
    if re.fullmatch(r"[12][0-9]{3}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", given) is None:
        return ""
    return given


def clean_time(given: str) -> str:
    """Return the time of day in whole seconds (VR TM), or "" if it is not valid.

    Parameters
    ----------
    given : a value as it was read; HHMM and whatever follows is a time
    """
    match = re.match(r"([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])?", given)
    return f"{match.group(1)}{match.group(2)}{match.group(3) or '00'}" if match else ""


def clean_name(given: str) -> str:
    """Return at most three component groups of five components, 64 characters a group (VR PN, DICOM PS3.5 6.2).

    Parameters
    ----------
    given : a person's name as it was read
    """
    groups = ["^".join(clean_text(group, 64).split("^")[:5]) for group in given.split("=")[:3]]
    return "=".join(groups).rstrip("=")

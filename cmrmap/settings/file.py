"""A settings file (app.yaml), read once, for the application and for all that runs beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cmrmap.core.errors import SettingsError
from cmrmap.core.yaml_files import read_yaml
from cmrmap.settings import AnalysisSettings

TOP_KEYS = ("application", "resources", "analysis", "send")


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a settings file says; of the other sections the platforms are the readers.

    Attributes
    ----------
    analysis : the tunables
    send_to : ``send.to``, as it is written; None: not named
    """

    analysis: AnalysisSettings
    send_to: str | None


def read_settings_file(path: Path) -> SettingsFile:
    """Read the sections ``analysis`` and ``send`` of an app.yaml.

    Raises
    ------
    SettingsError
        the file is missing, not YAML, or holds an unknown or bad setting
    """
    content = read_yaml(path, "settings file", SettingsError, give="give an app.yaml")
    if not isinstance(content, Mapping):
        raise SettingsError(f"settings file {path} holds no sections; expected {', '.join(TOP_KEYS)}")
    unknown = [str(key) for key in content if key not in TOP_KEYS]
    if unknown:
        raise SettingsError(f"settings file {path} has the section {unknown[0][:60]}; expected {', '.join(TOP_KEYS)}")
    send = content.get("send") or {}
    if not isinstance(send, Mapping) or set(send) - {"to"}:
        raise SettingsError(f"settings file {path}: send holds more than to; expected to: null or a destination")
    to = send.get("to")
    return SettingsFile(AnalysisSettings.from_mapping(content.get("analysis")), str(to) if to else None)

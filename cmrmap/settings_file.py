"""The analysis section of a settings file (app.yaml), for the application and for all that runs beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cmrmap.errors import SettingsError
from cmrmap.settings import AnalysisSettings

TOP_KEYS = ("application", "resources", "analysis", "send")


def read_analysis_settings(path: Path) -> AnalysisSettings:
    """Read the section ``analysis`` of an app.yaml.

    Raises
    ------
    SettingsError
        the file is missing, not YAML, or holds an unknown or bad setting
    """
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {path} cannot be read ({error.strerror}); give an app.yaml") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        raise SettingsError(f"settings file {path} is not valid YAML{line}; correct it") from error
    if not isinstance(content, Mapping):
        raise SettingsError(f"settings file {path} holds no sections; expected {', '.join(TOP_KEYS)}")
    unknown = [str(key) for key in content if key not in TOP_KEYS]
    if unknown:
        raise SettingsError(f"settings file {path} has the section {unknown[0]}; expected {', '.join(TOP_KEYS)}")
    return AnalysisSettings.from_mapping(content.get("analysis"))

"""The analysis section of a settings file, for runs that do not go through the application."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from cmrmap.errors import SettingsError
from cmrmap.settings import AnalysisSettings


def read_settings(path: Path) -> AnalysisSettings:
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
        raise SettingsError(f"settings file {path} is not valid YAML; correct it") from error
    if not isinstance(content, Mapping):
        raise SettingsError(f"settings file {path} holds no sections; expected application, resources, analysis")
    return AnalysisSettings.from_mapping(content.get("analysis"))

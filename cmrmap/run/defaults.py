"""What a run uses where nobody names it: the settings beside this package, else the code's defaults."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from cmrmap.dicom.selection.given_times import GivenTimes, read_given_times
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.settings import AnalysisSettings
from cmrmap.settings.file import SettingsFile, read_settings_file

SETTINGS_NAME = "app.yaml"


def settings_beside() -> Path | None:
    """Return the app.yaml beside this package, as in a checkout and in the image; None where it is installed alone."""
    folder = Path(str(resources.files("cmrmap"))).parent
    path = folder / SETTINGS_NAME
    # beside an installed package lie other people's
    return path if path.is_file() and (folder / "app" / "__main__.py").is_file() else None


def read_settings(path: Path | None) -> SettingsFile:
    """Read a settings file; without one the code's defaults hold, which are those that app.yaml shows.

    Parameters
    ----------
    path : of the file; None: there is none

    Raises
    ------
    SettingsError
        the file is missing, not YAML, or holds an unknown or bad setting
    """
    return SettingsFile(AnalysisSettings(), None) if path is None else read_settings_file(path)


def configured_times(settings: AnalysisSettings, beside: Path) -> GivenTimes:
    """Read the times file that the settings name; without one no times are given.

    Parameters
    ----------
    settings : of the run
    beside : folder of the settings file, which a relative path counts from

    Raises
    ------
    InputError
        it cannot be read, or is not a times file
    """
    named = settings.selection.times
    return read_given_times(beside / named) if named else GivenTimes()


def preferences_of(settings: AnalysisSettings, times: GivenTimes) -> SelectionPreferences:
    """Return what the settings say about the choice of series, and the times that replace those of the headers."""
    chosen = settings.selection
    return SelectionPreferences(chosen.motion_corrected, chosen.series_by_kind, times, chosen.prefer_scanner_maps)

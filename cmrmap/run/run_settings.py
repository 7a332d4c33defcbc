"""Settings of one run: command line before environment before app.yaml, parsed once, immutable."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cmrmap.core.errors import InputError
from cmrmap.core.version import VERSION
from cmrmap.dicom.selection.given_times import read_given_times
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.transfer.access import with_access
from cmrmap.dicom.transfer.base import Destination
from cmrmap.dicom.transfer.destinations import check_libraries, parse_destination
from cmrmap.ecv.hematocrit import Hematocrit, parse_hematocrit
from cmrmap.results.reference_ranges import read_reference_ranges
from cmrmap.run.defaults import configured_times, preferences_of, read_settings, settings_beside
from cmrmap.run.paths import check_apart, check_input, check_output, is_inside
from cmrmap.run.shipped_model import MODEL_VARIABLE, find_model_folder
from cmrmap.settings import AnalysisSettings

LOG_LEVELS = ("DEBUG", "INFO", "WARN", "ERROR", "CRITICAL")
#: environment variables, first found wins; the second is mercure's
_WITH_SUMMARY = "cmrmap run"  # what prints a summary; the SDK's application has nobody to read it
_INPUT_VARIABLES = ("HOLOSCAN_INPUT_PATH", "MERCURE_IN_DIR")
_OUTPUT_VARIABLES = ("HOLOSCAN_OUTPUT_PATH", "MERCURE_OUT_DIR")
_SWITCHES = {"": False, "0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


@dataclass(frozen=True, slots=True)
class RunSettings:
    """Everything that one run is told.

    Attributes
    ----------
    input_path, output_path : folders, absolute
    model_path : the folder of one model (with its model.json), absolute
    preferences : what the user says about the choice of series and their times
    hematocrit : from the command line or the environment; None: the study or ``analysis.hematocrit`` may give one
    log_level : one of ``LOG_LEVELS``
    analysis : the tunables
    send_to : the archive that the results are sent to; None: they are not sent
    into_non_empty : whether the output folder may hold files that are not ours; they stay
    """

    input_path: Path
    output_path: Path
    model_path: Path
    preferences: SelectionPreferences
    hematocrit: Hematocrit | None
    log_level: str
    analysis: AnalysisSettings
    send_to: Destination | None = None
    into_non_empty: bool = False


class _Parser(argparse.ArgumentParser):
    """Reports a bad argument as the one line that every other error is."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see --help")


def build_parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of the application's command line.

    Parameters
    ----------
    program : what it is called in the help
    """
    parser = _Parser(
        prog=program,
        description="T1, T2 and ECV maps of the heart from a DICOM study: maps, segmentations and numbers.",
        epilog="Exit codes: 0 made what the series allow, 1 internal error, 2 bad arguments, settings or paths, "
        "3 no mapping series in the input, 4 mapping series found but every one refused, 5 results written but not all "
        "of them sent; 124 time limit, 130 and 143 ended by SIGINT and SIGTERM.",
        allow_abbrev=False,
    )
    parser.add_argument("-i", "--input", help="folder with the study's DICOM files (or HOLOSCAN_INPUT_PATH)")
    parser.add_argument("-o", "--output", help="folder for the results (or HOLOSCAN_OUTPUT_PATH); made if absent")
    parser.add_argument(
        "-m", "--model", help="folder with the models (or CMRMAP_MODEL_PATH, HOLOSCAN_MODEL_PATH); default: the shipped"
    )
    parser.add_argument(
        "-w", "--workdir", help="accepted for compatibility with the SDK; not used (or HOLOSCAN_WORKDIR)"
    )
    parser.add_argument(
        "-c",
        "--config",
        help="settings file (or HOLOSCAN_CONFIG_PATH); default: app.yaml in a checkout, else built-in settings",
    )
    parser.add_argument("-l", "--log-level", type=str.upper, choices=LOG_LEVELS, help="default: INFO")
    parser.add_argument("--hematocrit", help="fraction, e.g. 0.42; 20-70 is read as percent (or CMRMAP_HEMATOCRIT)")
    parser.add_argument("--times", help="file with times for series whose headers lack them (or CMRMAP_TIMES)")
    parser.add_argument(
        "--into-non-empty",
        action="store_true",
        help="also write into a folder with other files; these are kept (or CMRMAP_INTO_NON_EMPTY=1)",
    )
    if program == _WITH_SUMMARY:
        parser.add_argument("--summary", action="store_true", help="print the map values at the end")
    parser.add_argument("--version", action="version", version=VERSION)
    return parser


def read_run_settings(
    arguments: Sequence[str], environment: Mapping[str, str], program: str = "python -m app"
) -> RunSettings:
    """Merge command line, environment and app.yaml; every path is made absolute and looked at.

    Parameters
    ----------
    arguments : without the program's name
    environment : variables by name
    program : what it is called in the help

    Raises
    ------
    InputError
        an argument that is unknown, missing or not a value of its kind; an input that is no readable folder
    OutputError
        the output folder cannot be written
    NoMappingSeriesError
        the input folder is empty
    SettingsError
        the settings file is missing, not YAML, or holds an unknown or bad setting
    ModelError
        no model where one is named, or none shipped
    """
    parsed = build_parser(program).parse_args(list(arguments))
    config = _path(parsed.config, environment, ("HOLOSCAN_CONFIG_PATH",)) or settings_beside()
    file = read_settings(config)
    analysis = file.analysis
    if analysis.reference_ranges.file is not None:
        read_reference_ranges(Path(analysis.reference_ranges.file))  # a damaged file is told before anything runs
    input_path = _required_path(parsed.input, environment, _INPUT_VARIABLES, "input folder", "-i")
    output_path = _required_path(parsed.output, environment, _OUTPUT_VARIABLES, "output folder", "-o")
    models_path = _path(parsed.model, environment, (MODEL_VARIABLE, "HOLOSCAN_MODEL_PATH"))
    hematocrit = _hematocrit(parsed.hematocrit, environment)
    times_path = _path(parsed.times, environment, ("CMRMAP_TIMES",))
    check_input(input_path)
    check_apart(input_path, output_path)
    check_output(output_path)
    return RunSettings(
        input_path=input_path,
        output_path=output_path,
        model_path=find_model_folder(models_path, analysis.segmentation.model, environment),
        preferences=preferences_of(
            analysis,
            read_given_times(times_path)
            if times_path
            else configured_times(analysis, config.parent if config else Path.cwd()),
        ),
        hematocrit=hematocrit,
        log_level=parsed.log_level or "INFO",
        analysis=analysis,
        send_to=_send_to(environment.get("CMRMAP_SEND_TO") or file.send_to, environment),
        into_non_empty=parsed.into_non_empty or _switch("CMRMAP_INTO_NON_EMPTY", environment),
    )


def read_timeout_s(environment: Mapping[str, str]) -> float:
    """Return the seconds after which a run ends itself, from HOLOSCAN_TIMEOUT; 0: no limit.

    Raises
    ------
    InputError
        not a number of seconds
    """
    text = environment.get("HOLOSCAN_TIMEOUT") or "0"
    try:
        timeout_s = float(text)
    except ValueError:
        timeout_s = -1.0
    if not 0 <= timeout_s < float("inf"):
        raise InputError(f"HOLOSCAN_TIMEOUT is {text[:20]!r}; expected a number of seconds, 0 for no limit")
    return timeout_s


def find_status_folder(arguments: Sequence[str], environment: Mapping[str, str]) -> Path | None:
    """Return where status.json goes, however bad the other arguments are; None: nowhere named, or inside the input."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("-i", "--input")
    parser.add_argument("-o", "--output")
    try:
        named = parser.parse_known_args(list(arguments))[0]
    except InputError:
        return None
    source = _path(named.input, environment, _INPUT_VARIABLES)
    output = _path(named.output, environment, _OUTPUT_VARIABLES)
    return None if source and output and is_inside(output, source) else output


def _switch(variable: str, environment: Mapping[str, str]) -> bool:
    value = environment.get(variable, "").strip().lower()
    if value not in _SWITCHES:
        raise InputError(f"{variable} is {value[:20]!r}; expected 1 or 0")
    return _SWITCHES[value]


def _send_to(named: str | None, environment: Mapping[str, str]) -> Destination | None:
    if not named:
        return None
    destination = with_access(parse_destination(named), environment)
    check_libraries(destination)  # before anything runs, not after
    return destination


def _path(named: str | None, environment: Mapping[str, str], variables: Sequence[str]) -> Path | None:
    for value in (named, *(environment.get(variable) for variable in variables)):
        if value:
            return Path(os.path.abspath(value))
    return None


def _required_path(
    named: str | None, environment: Mapping[str, str], variables: Sequence[str], what: str, option: str
) -> Path:
    path = _path(named, environment, variables)
    if path is None:
        raise InputError(f"no {what} is given; name it by {option} or by the variable {variables[0]}")
    return path


def _hematocrit(named: str | None, environment: Mapping[str, str]) -> Hematocrit | None:
    if named:
        return parse_hematocrit(named, "command line")
    value = environment.get("CMRMAP_HEMATOCRIT")
    return parse_hematocrit(value, "CMRMAP_HEMATOCRIT") if value else None

"""Settings of a run: command line before environment before app.yaml; bad ones are told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmrmap.core.errors import CmrmapError, InputError, ModelError, NoMappingSeriesError, OutputError, SettingsError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.run.run_settings import find_status_folder, read_run_settings, read_timeout_s
from cmrmap.settings import AnalysisSettings
from cmrmap.settings.file import read_settings_file


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for name in ("in", "other", "models/net"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "model.json").touch()
    (tmp_path / "models" / "loose.txt").touch()
    return tmp_path


def _arguments(folders: Path, *more: str) -> list[str]:
    return ["-i", f"{folders}/in", "-o", f"{folders}/out", "-m", f"{folders}/models", *more]


def test_command_line(folders: Path) -> None:
    settings = read_run_settings(_arguments(folders, "--hematocrit", "0.42", "-l", "debug"), {})
    assert settings.input_path == folders / "in"
    assert settings.output_path == folders / "out"
    assert settings.model_path == folders / "models" / "net"
    assert settings.log_level == "DEBUG"
    assert settings.hematocrit is not None
    assert (settings.hematocrit.value_fraction, settings.hematocrit.source) == (0.42, "command line")


@pytest.mark.parametrize(
    "names", [("HOLOSCAN_INPUT_PATH", "HOLOSCAN_OUTPUT_PATH"), ("MERCURE_IN_DIR", "MERCURE_OUT_DIR")]
)
def test_environment(folders: Path, names: tuple[str, str]) -> None:
    environment = {
        names[0]: f"{folders}/in",
        names[1]: f"{folders}/out",
        "HOLOSCAN_MODEL_PATH": f"{folders}/models",
        "CMRMAP_HEMATOCRIT": "44",
    }
    settings = read_run_settings([], environment)
    assert (settings.input_path, settings.output_path) == (folders / "in", folders / "out")
    assert settings.log_level == "INFO"
    assert settings.hematocrit is not None
    assert settings.hematocrit.value_fraction == pytest.approx(0.44)
    assert "read as percent" in settings.hematocrit.note


def test_command_line_comes_before_the_environment_and_that_before_the_file(folders: Path) -> None:
    config = folders / "app.yaml"
    config.write_text("analysis: {hematocrit: {value: 0.3}, blood: {radius_px: 4}}\n")
    environment = {
        "HOLOSCAN_INPUT_PATH": f"{folders}/other",
        "MERCURE_IN_DIR": "/nonexistent",
        "HOLOSCAN_CONFIG_PATH": str(config),
        "CMRMAP_HEMATOCRIT": "0.44",
    }
    settings = read_run_settings(_arguments(folders, "--hematocrit", "0.42"), environment)
    assert settings.input_path == folders / "in"
    assert settings.hematocrit is not None
    assert settings.hematocrit.value_fraction == 0.42
    assert settings.analysis.hematocrit.value == 0.3
    assert settings.analysis.blood.radius_px == 4


def test_an_empty_variable_is_none(folders: Path) -> None:
    environment = {"HOLOSCAN_INPUT_PATH": "", "MERCURE_IN_DIR": f"{folders}/other", "CMRMAP_HEMATOCRIT": ""}
    settings = read_run_settings(_arguments(folders)[2:], environment)
    assert settings.input_path == folders / "other"
    assert settings.hematocrit is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ([], InputError, "no input folder is given; name it by -i or by the variable HOLOSCAN_INPUT_PATH"),
        (["-i", "{}/in"], InputError, "no output folder is given"),
        (["-i", "{}/none", "-o", "{}/out"], InputError, "input folder does not exist"),
        (["-i", "{}/models/loose.txt", "-o", "{}/out"], InputError, "input is a file; expected the folder"),
        (["-i", "{}/empty", "-o", "{}/out"], NoMappingSeriesError, "holds no files"),
        (["-i", "{}/in", "-o", "{}/models/loose.txt"], OutputError, "cannot be written .* give a folder with write"),
        (["-i", "{}/in", "-o", "{}/models/loose.txt/out"], OutputError, "cannot be written"),
        (["-i", "{}/in", "-o", "{}/in/out"], InputError, "lies in the input folder"),
        (["-i", "{}/in", "-o", "{}/in"], InputError, "lies in the input folder"),
        (["-i", "{}/in", "-o", "{}/out", "-m", "{}/none"], ModelError, "models folder .*none does not exist"),
        (["-i", "{}/in", "-o", "{}/out", "-c", "{}/none.yaml"], SettingsError, "settings file .* cannot be read"),
        (["-i", "{}/in", "-o", "{}/out", "--hematocrit", "4.2"], InputError, "hematocrit from command line is 4.2"),
        (["-i", "{}/in", "-o", "{}/out", "--hematocrit", "high"], InputError, "not a number"),
        (["-i"], InputError, "argument -i/--input: expected one argument; see --help"),
        (["--inp", "x"], InputError, "unrecognized arguments: --inp x"),
        (["-l", "loud"], InputError, "invalid choice: 'LOUD'"),
    ],
)
def test_bad_arguments(folders: Path, arguments: list[str], error: type[CmrmapError], message: str) -> None:
    (folders / "empty" / "nothing" / "below").mkdir(parents=True)
    with pytest.raises(error, match=message) as found:
        read_run_settings([part.format(folders) for part in arguments], {})
    assert type(found.value) is error
    assert "\n" not in str(found.value)


def test_status_goes_to_the_output_folder_even_when_all_else_is_bad(folders: Path) -> None:
    out = folders / "out"
    assert find_status_folder(["--bogus", "-o", str(out), "-l", "loud"], {}) == out
    assert find_status_folder(["--bogus"], {"HOLOSCAN_OUTPUT_PATH": str(out)}) == out
    assert find_status_folder(["-o"], {}) is None
    assert find_status_folder([], {}) is None


def test_status_never_goes_into_the_input(folders: Path) -> None:
    (folders / "link").symlink_to(folders / "in")
    assert find_status_folder(["-i", f"{folders}/in", "-o", f"{folders}/link/out"], {}) is None


@pytest.mark.parametrize(("text", "expected"), [(None, 0), ("", 0), ("0", 0), ("1800", 1800), ("2.5", 2.5)])
def test_time_limit(text: str | None, expected: float) -> None:
    assert read_timeout_s({} if text is None else {"HOLOSCAN_TIMEOUT": text}) == expected


@pytest.mark.parametrize("text", ["soon", "-1", "inf", "nan"])
def test_a_time_limit_that_is_none(text: str) -> None:
    with pytest.raises(InputError, match=r"HOLOSCAN_TIMEOUT is '.*'; expected a number of seconds, 0 for no limit"):
        read_timeout_s({"HOLOSCAN_TIMEOUT": text})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", r"is not valid YAML, line \d"),
        ("- 1", "holds no sections"),
        ("", "holds no sections"),
        ("anlysis: {}", "has the section anlysis; expected application, resources, analysis"),
        ("analysis: {blood: {radius_px: 99}}", r"setting analysis\.blood\.radius_px is 99\.0; expected 1 to 40 px"),
    ],
)
def test_bad_settings_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_settings_file(path)


def test_settings_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="is not valid YAML"):
        read_settings_file(path)


def test_times_and_choice_of_series(folders: Path) -> None:
    (folders / "site.yaml").write_text(
        'analysis:\n  selection: {motion_corrected: true, t2_series: "501", times: beside.yaml}\n'
    )
    for name, time in (("beside.yaml", 10), ("given.yaml", 20)):
        (folders / name).write_text(f"series: [{{series: 7, weighting: t2, times_ms: [{time}]}}]")
    site = ["-c", f"{folders}/site.yaml"]
    preferences = read_run_settings(_arguments(folders, *site), {}).preferences
    assert preferences.motion_corrected
    assert preferences.series == {MapKind.T2: "501"}
    assert preferences.times.series[0].times_ms == (10.0,)
    by_environment = read_run_settings(_arguments(folders, *site), {"CMRMAP_TIMES": f"{folders}/given.yaml"})
    assert by_environment.preferences.times.series[0].times_ms == (20.0,)
    with pytest.raises(InputError, match=r"none\.yaml cannot be read"):
        read_run_settings(_arguments(folders, "--times", f"{folders}/none.yaml"), {})


def test_without_wishes_the_rules_decide(folders: Path) -> None:
    assert read_run_settings(_arguments(folders), {}).preferences == SelectionPreferences()


def test_results_are_sent_only_where_a_destination_is_named(folders: Path) -> None:
    assert read_run_settings(_arguments(folders), {}).send_to is None
    config = folders / "app.yaml"
    config.write_text("send: {to: 'dicom://FILE@host:104'}\n")
    by_file = read_run_settings(_arguments(folders, "-c", str(config)), {}).send_to
    by_variable = read_run_settings(
        _arguments(folders, "-c", str(config)), {"CMRMAP_SEND_TO": "dicom://VARIABLE@host:104"}
    ).send_to
    assert by_file is not None
    assert by_variable is not None
    assert (by_file.called, by_variable.called) == ("FILE", "VARIABLE")
    assert AnalysisSettings().sha256 == read_run_settings(_arguments(folders, "-c", str(config)), {}).analysis.sha256


def test_the_model_is_the_options_the_variables_or_the_shipped_one(folders: Path) -> None:
    named = {"CMRMAP_MODEL_PATH": f"{folders}/models/net", "HOLOSCAN_MODEL_PATH": f"{folders}/none"}
    options = ["-i", f"{folders}/in", "-o", f"{folders}/out"]
    assert read_run_settings([*options, "-m", f"{folders}/other"], named).model_path == folders / "other"
    assert read_run_settings(options, named).model_path == folders / "models" / "net"
    assert (read_run_settings(options, {}).model_path / "weights.safetensors").is_file()


@pytest.mark.parametrize("section", ["send: {where: x}\n", "send: [x]\n"])
def test_a_send_section_that_is_none_is_refused(folders: Path, section: str) -> None:
    config = folders / "app.yaml"
    config.write_text(section)
    with pytest.raises(SettingsError, match="expected to"):
        read_run_settings(_arguments(folders, "-c", str(config)), {})


def test_a_setting_that_stands_twice_ends_a_run_with_exit_code_2(folders: Path) -> None:
    config = folders / "app.yaml"
    config.write_text("analysis:\n  hematocrit: {value: 0.3}\n  hematocrit: {value: 0.5}\n")
    with pytest.raises(
        SettingsError, match="has the key 'hematocrit' twice, lines 2 and 3; keep one of them"
    ) as caught:
        read_run_settings(_arguments(folders, "-c", str(config)), {})
    assert (caught.value.exit_code, "\n" in str(caught.value)) == (2, False)


def test_a_destination_that_is_none_is_refused(folders: Path) -> None:
    with pytest.raises(InputError, match="is not understood"):
        read_run_settings(_arguments(folders), {"CMRMAP_SEND_TO": "pacs"})

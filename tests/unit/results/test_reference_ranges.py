import json
import math
from pathlib import Path

import pytest

from cmrmap.core.errors import SettingsError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.results.reference_ranges import Range, read_reference_ranges

ONE = {"mean": 50.0, "sd": 2.0, "n": 20}


def write(path: Path, **more: object) -> Path:
    t2 = {"model": "t2_3p", "patient": ONE, "levels": {"mid": ONE}, "segments": {"7": ONE}}
    path.write_text(json.dumps({"schema_version": "1.0", "site": "Site A", "maps": {"t2": t2}, **more}))
    return path


def test_ranges_are_read(tmp_path: Path) -> None:
    found = read_reference_ranges(write(tmp_path / "ranges.json"))
    t2 = found.maps[MapKind.T2]
    assert (found.site, len(found.sha256)) == ("Site A", 64)
    assert t2.levels[SliceLevel.MID] == t2.segments[7] == t2.patient == Range(50.0, 2.0, 20)


def test_z_is_the_distance_in_sds() -> None:
    assert Range(50.0, 2.0, 20).z(55.0) == 2.5
    assert math.isnan(Range(50.0, 2.0, 20).z(math.nan))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"schema_version": "9"}, "have version 9"),
        ({"maps": {"t3": {}}}, "not as they should be"),
        ({"maps": {"t2": {"model": "t2_3p", "patient": {"mean": 50, "sd": 0, "n": 20}}}}, "SD > 0"),
        ({"maps": {"t2": {"model": "t2_3p"}}}, "not as they should be"),
        ({"maps": []}, "not as they should be"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, more: dict[str, object], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        read_reference_ranges(write(tmp_path / "ranges.json", **more))
    with pytest.raises(SettingsError, match="cannot be read"):
        read_reference_ranges(tmp_path / "nowhere.json")


def test_a_key_that_stands_twice_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "ranges.json")
    path.write_text(path.read_text().replace('"mean": 50.0', '"mean": 50.0, "mean": 51.0'))
    with pytest.raises(
        SettingsError, match=r"ranges\.json: the key 'mean' occurs twice in it; keep one of them"
    ) as told:
        read_reference_ranges(path)
    assert told.value.exit_code == 2

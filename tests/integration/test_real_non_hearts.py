"""A kidney and a tube phantom of vendors' own files, where they are at hand: `../shared/data` beside the project."""

from pathlib import Path

import pytest

from cmrmap.pipeline.heart_verdict import NOT_FOUND

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "real_vendor"


@pytest.mark.slow
@pytest.mark.parametrize("study", ["philips_enhanced_molli_kidney", "siemens_shmolli_phantom"])
def test_what_is_no_heart_ends_with_exit_code_4_and_the_reason(run_app, tmp_path: Path, study: str) -> None:
    source = FOLDER / study / "dicom"
    if not source.is_dir():
        pytest.skip(f"the study {study} is not at hand")
    run = run_app(source, tmp_path / "out")
    assert run.exit_code == 4, run.stderr
    native = run.json("results.json")["maps"]["native_t1"]
    assert native["status"] == "refused"
    assert NOT_FOUND in native["reason"]
    assert not list(run.output.glob("*.dcm"))

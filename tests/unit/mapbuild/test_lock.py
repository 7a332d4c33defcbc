"""The image's packages are those of this environment, minus what is left out."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mapbuild.errors import PackagingError
from mapbuild.lock import Locked, hashed_lines, import_names, locked_packages, read_lock, read_requirements, with_cuda
from mapbuild.torch_lock import lock_cpu_build

ROOT = Path(__file__).resolve().parents[3]


def test_comments_and_markers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("# why\n\nnumpy==2.4.6; python_version >= '3.11'\nscipy>=1 # note\n")
    assert [str(requirement) for requirement in read_requirements(path)] == [
        'numpy==2.4.6; python_version >= "3.11"',
        "scipy>=1",
    ]


def test_hashes_are_read_from_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(
        'a==1 ; python_version >= "3.10" \\\n    --hash=sha256:12 \\\n    --hash=sha256:34\n    # via b\nb==2\n'
    )
    first, second = read_lock(path)
    assert (str(first.requirement), first.hashes) == ('a==1; python_version >= "3.10"', ("sha256:12", "sha256:34"))
    assert (str(second.requirement), second.hashes) == ("b==2", ())
    assert hashed_lines({"a": "1"}, (first, second)) == ["a==1 --hash=sha256:12 --hash=sha256:34"]
    with pytest.raises(PackagingError, match="package b is locked without a hash; run make lock"):
        hashed_lines({"a": "1", "b": "2"}, (first, second))


def test_torchs_cpu_build_is_locked_in_the_version_that_is_asked_for() -> None:
    (asked,) = read_requirements(ROOT / "requirements-torch.txt")
    (locked,) = read_lock(ROOT / "packaging" / "torch-cpu.txt")
    assert str(locked.requirement) == f"{asked.name}{asked.specifier}+cpu"
    assert [one for one in locked.hashes if not re.fullmatch("sha256:[0-9a-f]{64}", one)] == []
    assert locked.hashes


def test_torchs_cuda_build_comes_with_all_that_it_needs_and_what_is_left_out_stays_out() -> None:
    locked = read_lock(ROOT / "packaging" / "torch-cuda.txt")
    assert [str(one.requirement) for one in locked if not one.hashes] == []
    (asked,) = read_requirements(ROOT / "requirements-torch.txt")
    found = with_cuda({"nvidia-cuda-runtime": "1"}, locked, ["sympy"])
    assert found["torch"] == str(asked.specifier).removeprefix("==")
    assert "nvidia-cudnn-cu13" in found
    assert "sympy" not in found
    assert found["nvidia-cuda-runtime"] == "1"


def test_the_lock_of_a_cpu_build_is_made_of_the_file_that_pip_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "wheels" / "torch-9.9+cpu-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("torch-9.9+cpu.dist-info/METADATA", "Metadata-Version: 2.1\nName: torch\nVersion: 9.9+cpu\n")
        archive.writestr("torch-9.9+cpu.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("torch-9.9+cpu.dist-info/RECORD", "")
    for name, value in {
        "PIP_FIND_LINKS": str(wheel.parent),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    requirements, lock = tmp_path / "requirements-torch.txt", tmp_path / "torch-cpu.txt"
    requirements.write_text("torch==9.9\n")
    lock.write_text("# why\ntorch==9.8+cpu --hash=sha256:00\n")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock_cpu_build(requirements, lock)
    assert lock.read_text() == f"# why\ntorch==9.9+cpu \\\n    --hash=sha256:{digest}\n"
    lock.write_text("# why\ntorch==9.9+cpu --hash=sha256:00\n")  # another interpreter's file of the same version stays
    lock_cpu_build(requirements, lock)
    assert read_lock(lock)[0].hashes == tuple(sorted(["sha256:00", f"sha256:{digest}"]))
    requirements.write_text("torch==9.7\n")
    with pytest.raises(PackagingError, match=r"found no torch==9.7\+cpu; name the place"):
        lock_cpu_build(requirements, lock)


def test_a_lock_that_is_not_this_environments() -> None:
    locked = [Locked(Requirement("a==1"), ("sha256:12",)), Locked(Requirement("b==1; python_version < '3'"), ())]
    with pytest.raises(PackagingError, match=r"package a is 2 here, the lock has ==1; run make lock or env"):
        hashed_lines({"a": "2"}, locked)
    with pytest.raises(PackagingError, match=r"package b is 1 here, the lock has none"):
        hashed_lines({"b": "1"}, locked)


def test_dependencies_come_along_and_their_versions_are_the_installed_ones() -> None:
    found = locked_packages([Requirement("highdicom")], (), cuda=False)
    assert {"highdicom", "pydicom", "numpy", "pillow"} <= found.keys()
    assert found["pydicom"] == metadata.version("pydicom")


def test_what_is_left_out_takes_along_what_only_it_needs() -> None:
    whole = locked_packages([Requirement("holoscan-cli")], (), cuda=False)
    without = locked_packages([Requirement("holoscan-cli")], ("python_on_whales",), cuda=False)
    assert "pydantic" in whole
    assert whole.keys() - without.keys() >= {"python-on-whales", "pydantic"}
    assert "jinja2" in without


def test_extras_are_followed() -> None:
    plain = locked_packages([Requirement("tritonclient")], (), cuda=False)
    assert "grpcio" not in plain
    assert "grpcio" in locked_packages([Requirement("tritonclient[grpc]")], (), cuda=False)


def test_a_marker_that_does_not_hold() -> None:
    assert locked_packages([Requirement("nothing-like-it; python_version < '3'")], (), cuda=False) == {}


def test_torch_is_its_cpu_build_or_left_to_the_installer() -> None:
    requirements = [Requirement("torch")]
    public = metadata.version("torch").split("+")[0]
    found = locked_packages(requirements, (), cuda=False)
    assert found["torch"] == f"{public}+cpu"
    assert not [name for name in found if name.startswith(("nvidia-", "triton"))]
    assert "torch" not in locked_packages(requirements, (), cuda=True)


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("nothing-like-it", "package nothing-like-it is not installed here; run make env"),
        ("numpy<1", "package numpy is .* here, expected <1; run make env"),
    ],
)
def test_an_environment_that_is_not_the_pinned_one(requirement: str, message: str) -> None:
    with pytest.raises(PackagingError, match=message):
        locked_packages([Requirement(requirement)], (), cuda=False)


def test_names_that_a_package_brings() -> None:
    assert import_names("PyYAML") >= {"yaml"}
    assert "monai" in import_names("monai-deploy-app-sdk")


def test_every_requirement_of_the_application_is_in_the_image_or_left_out_by_name(rendered: Path) -> None:
    listed = {line.split("==")[0] for line in (rendered / "docs/packages.txt").read_text().splitlines()}
    left_out = (ROOT / "packaging" / "left-out.yaml").read_text(encoding="utf-8")
    for requirement in (
        one for kind in (".in", "-torch.txt") for one in read_requirements(ROOT / f"requirements{kind}")
    ):
        if requirement.marker is None or requirement.marker.evaluate():
            assert requirement.name.lower() in listed or f"\n  {requirement.name.lower()}:" in left_out

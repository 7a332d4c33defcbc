"""The image's packages are those of this environment, minus what is left out."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from mapbuild.errors import PackagingError
from mapbuild.lock import Locked, hashed_lines, import_names, locked_packages, read_lock, read_requirements

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
    assert hashed_lines({"a": "1", "b": "2", "torch": "3"}, (first, second)) == [
        "a==1 --hash=sha256:12 --hash=sha256:34",
        "b==2",
    ]


def test_a_lock_that_is_not_this_environments() -> None:
    locked = [Locked(Requirement("a==1"), ("sha256:12",)), Locked(Requirement("b==1; python_version < '3'"), ())]
    with pytest.raises(PackagingError, match=r"package a is 2 here, requirements.txt has ==1; run make lock or env"):
        hashed_lines({"a": "2"}, locked)
    with pytest.raises(PackagingError, match=r"package b is 1 here, requirements.txt has none"):
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

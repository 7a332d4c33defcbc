#!/bin/sh
# What must hold before a version is released, one step after the other; out/release keeps what was built:
# `scripts/release-check.sh`, as `make release-check` does once .venv and .venv-docs are there.
# Ends with 1 at the first step that fails. The tests are not among them: CI runs those (.ci/run).
set -eu
cd -P "$(dirname "$(readlink -f "$0")")/.." # the folder itself: what is installed names it, whatever links led here

python=.venv/bin/python
made=$(pwd)/out/release

step() {
    echo "release-check: $1" >&2
}

fail() {
    echo "release-check: $1" >&2
    exit 1
}

step "the versions agree"
$python scripts/version.py || fail "the version is not the same in all places"
version=$(sed -n 's/^VERSION = "\(.*\)"/\1/p' cmrmap/core/version.py)

step "nothing is changed that is not committed"
[ -z "$(git status --porcelain)" ] || fail "git status is not clean; what is built would not be what is tagged"

step "source distribution, and the wheel built from it alone"
rm -rf "$made"
mkdir -p "$made/unpacked"
git archive HEAD | tar -x -C "$made/unpacked" # a checkout holds more than what is committed
(cd "$made/unpacked" && "$OLDPWD/$python" -c "
import sys
from setuptools import build_meta
build_meta.build_sdist(sys.argv[1])" "$made" >"$made/sdist.log" 2>&1) || fail "no source distribution: see $made/sdist.log"
rm -rf "$made/unpacked"
$python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$made" "$made/cmrmap-$version.tar.gz" ||
    fail "no wheel could be built from the source distribution"

step "the wheel in a new environment, with the newest packages that its ranges allow; this takes minutes"
$python -m venv "$made/venv"
"$made/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$made/cmrmap-$version-py3-none-any.whl" ||
    fail "the wheel cannot be installed"
"$made/venv/bin/python" -m pip check || fail "the packages that were installed do not suit each other"
mkdir "$made/elsewhere"
cd "$made/elsewhere" # nothing of the checkout may be found by chance
found=$("$made/venv/bin/cmrmap" --version)
[ "$found" = "$version" ] || fail "the installed command says that it is $found; expected $version"

step "acceptance: the phantom study through the installed command"
env -u PYTHONPATH "$made/venv/bin/cmrmap" acceptance -o "$made/acceptance" || fail "acceptance was not passed"
cd - >/dev/null

step "the site of the documents"
"${MAKE:-make}" --no-print-directory docs

step "the bill of materials"
"${MAKE:-make}" --no-print-directory sbom

if scripts/container-tools.sh 2>"$made/engine.log"; then
    step "the container image, built and run under its hosts' contracts"
    "${MAKE:-make}" --no-print-directory test-map
else
    step "NOT CHECKED: the container image ($(cat "$made/engine.log")); run make test-map elsewhere before you release"
fi
(cd "$made" && sha256sum "cmrmap-$version.tar.gz" "cmrmap-$version-py3-none-any.whl" >SHA256SUMS)
step "passed; $made has the distributions and their SHA256SUMS"

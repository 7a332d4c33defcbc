#!/bin/sh
# Makes .venv-docs, once: .venv seen through, and on top of it what builds the site (requirements-docs.txt).
# A layer, because the reference is made from the code, which must be importable; a second environment, because the
# generator needs Python 3.11 and the tests need none of it.
set -eu
cd "$(dirname "$0")/.."

base=.venv
venv=.venv-docs
stamp=$venv/.installed

$base/bin/python -c 'import yaml' >/dev/null 2>&1 || scripts/environment.sh dev
if ! $base/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "docs-environment.sh: $base has Python 3.10; the site's generator needs 3.11: make PYTHON=/path/to/python3.11 docs" >&2
    exit 1
fi
key=$({ cat requirements-docs.txt scripts/docs-environment.sh; $base/bin/python -VV; pwd; } | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && $venv/bin/python -c '' >/dev/null 2>&1; then
    exit 0
fi

started=$(date +%s)
export PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_COMPILE=0 # modules are compiled when they are first imported
echo "making $venv on top of $base; this takes seconds" >&2
$base/bin/python -m venv --clear --without-pip $venv
packages=$($base/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
own=$($venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "import site; site.addsitedir('$packages')" >"$own/application.pth"
# what they need is all in the list or in .venv
$base/bin/python -m pip --python $venv/bin/python install --quiet --no-deps -r requirements-docs.txt
echo "$key" >"$stamp"
echo "docs environment ready after $(($(date +%s) - started)) s" >&2

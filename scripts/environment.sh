#!/bin/sh
# Makes .venv and installs what is pinned, once: `scripts/environment.sh runtime`, `... evaluation` or `... dev`.
# A second call compares one line of text and ends. PYTHON=/path/to/python chooses the interpreter.
set -eu
cd -P "$(dirname "$(readlink -f "$0")")/.." # the folder itself: what is installed names it, whatever links led here

kind=${1:-runtime}
case $kind in
    runtime) more="" ;;
    evaluation) more="requirements-evaluation.txt" ;;
    dev) more="requirements-evaluation.txt requirements-dev.txt" ;;
    *) echo "environment.sh: '$kind' is not known; expected runtime, evaluation or dev" >&2; exit 2 ;;
esac
# what goes into the image, by hashes; torch, whose build differs from machine to machine, after what it needs
requirements="requirements.txt requirements-torch.txt $more"
venv=.venv
stamp=$venv/.installed-$kind

# pip as tested with the framework, setuptools for the editable install of this project
bootstrap="pip==26.0.1 setuptools==84.2.1"

in_range() { # that runs, is 3.10-3.13 and is told where it is
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() { # prints the first interpreter that serves; one without venv support only where there is no better
    if [ -n "${PYTHON:-}" ]; then
        if ! in_range "$PYTHON"; then
            echo "environment.sh: PYTHON=$PYTHON does not run or is not Python 3.10-3.13; name another" >&2
            return 1
        fi
        echo "$PYTHON"
        return 0
    fi
    lacking=
    for candidate in python3 python3.13 python3.12 python3.11 python3.10 \
        /usr/bin/python3 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11 /usr/bin/python3.10; do
        in_range "$candidate" || continue
        if can_make_venv "$candidate"; then
            echo "$candidate"
            return 0
        fi
        lacking=${lacking:-$candidate}
    done
    if [ -n "$lacking" ]; then
        echo "$lacking"
        return 0
    fi
    echo "environment.sh: found no Python 3.10-3.13; install one, or name it: make PYTHON=/path/to/python ..." >&2
    return 1
}

same_python() { # the environment's interpreter is the one asked for, if one is
    [ -z "${PYTHON:-}" ] || [ "$(identity "$PYTHON")" = "$(identity $venv/bin/python)" ]
}

identity() {
    "$1" -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null
}

usable() { # programs in a moved environment still point to where it was made
    # a path with spaces, or a long one, stands behind "#!/bin/sh" in the second line
    in_range $venv/bin/python && head -n 2 $venv/bin/pip 2>/dev/null | grep -qF "$(pwd)/$venv/" && same_python
}

key=$(cat $requirements pyproject.toml setup.py scripts/environment.sh cmrmap/core/version.py | cksum)
if usable && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; then
    exit 0
fi

if [ -L $venv ] && ! usable; then # --clear would empty what it leads to
    echo "environment.sh: $venv is a link to an environment of another folder; expected one of this checkout; remove the link" >&2
    exit 1
fi

started=$(date +%s)
if ! usable; then
    python=$(find_python)
    if ! can_make_venv "$python"; then
        scripts/system-packages.sh python3-venv || true
        can_make_venv "$python" || {
            echo "environment.sh: $python has no venv module; install it (Debian: apt install python3-venv)" >&2
            exit 1
        }
    fi
    echo "making $venv with $python ($("$python" --version 2>&1))" >&2
    "$python" -m venv --clear $venv
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_COMPILE=0 # most of what lies in the packages is never imported; compiling it takes longer than the rest
echo "installing the pinned packages of" $requirements"; this takes a few minutes once" >&2
$venv/bin/python -m pip install --quiet $bootstrap
$venv/bin/python -m pip install --quiet --require-hashes -r requirements.txt
# what follows must leave those versions as they are; a list with hashes would ask for theirs of everything
sed -n 's/ \\$//; /^[a-z0-9].*==/p' requirements.txt >$venv/constraints.txt
$venv/bin/python -m pip install --quiet --constraint $venv/constraints.txt -r requirements-torch.txt \
    $([ -z "$more" ] || printf -- '-r %s ' $more)
$venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
# what every start of the application imports is compiled now, the rest when it is first imported
env -u PYTHONDONTWRITEBYTECODE $venv/bin/python -c 'import app.app' >/dev/null 2>&1 || true
echo "$key" >"$stamp"
echo "environment ready after $(($(date +%s) - started)) s" >&2

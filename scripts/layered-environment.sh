#!/bin/sh
# Makes .venv-train or .venv-docs, once: `scripts/layered-environment.sh train`, `... docs`. Each sees .venv through, and has
# on top of it what training on cases needs, or what builds the site. A second call compares one line of text and ends.
# A layer, because torch is gigabytes and must be the same, and because the site's reference is made from the code. An
# environment of its own, because MONAI core, wherever it is installed, makes every start of the application seconds
# slower, and because the site's generator needs Python 3.11, and no other test needs the generator.
set -eu
cd -P "$(dirname "$(readlink -f "$0")")/.." # the folder itself: what is installed names it, whatever links led here

base=.venv
kind=${1:-}
case $kind in
    train) needs=torch below=runtime ;;
    docs) needs=yaml below=dev ;;
    *) echo "layered-environment.sh: '$kind' is not known; expected train or docs" >&2; exit 2 ;;
esac
requirements=requirements-$kind.txt
venv=.venv-$kind
stamp=$venv/.installed

has() {
    $base/bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)' "$1" 2>/dev/null
}
has $needs || scripts/environment.sh $below
if [ $kind = docs ] && ! $base/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "layered-environment.sh: $base has Python 3.10; the site's generator needs 3.11: make PYTHON=/path/to/python3.11 docs" >&2
    exit 1
fi
key=$({ cat $requirements scripts/layered-environment.sh; $base/bin/python -VV; pwd; } | cksum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && $venv/bin/python -c '' >/dev/null 2>&1; then
    exit 0
fi
if [ -L $venv ]; then # --clear would empty what it leads to
    echo "layered-environment.sh: $venv is a link; expected a folder of this checkout; remove the link" >&2
    exit 1
fi

started=$(date +%s)
export PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_COMPILE=0 # modules are compiled when they are first imported
echo "making $venv on top of $base; this takes seconds" >&2
$base/bin/python -m venv --clear --without-pip $venv
added=$($base/bin/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))')
own=$($venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$added" >"$own/application.pth"
# what they need is all in the list or in .venv: numpy and torch are those of the application
$base/bin/python -m pip --python $venv/bin/python install --quiet --no-deps -r $requirements
if [ $kind = train ]; then # the application itself runs without MONAI core, whose package hides the SDK's
    cat >$venv/bin/cmrmap <<'EOF'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
if [ "${1:-}" = run ]; then
    exec "$(dirname "$(dirname "$here")")/.venv/bin/python" -m cmrmap "$@"
fi
exec "$here/python" -m cmrmap "$@"
EOF
    chmod +x $venv/bin/cmrmap
fi
echo "$key" >"$stamp"
echo "environment for $kind ready after $(($(date +%s) - started)) s" >&2

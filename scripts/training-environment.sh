#!/bin/sh
# Makes .venv-train, once: .venv seen through, and on top of it what training on cases needs (requirements-train.txt).
# A second environment because MONAI core, wherever it is installed, makes every start of the application seconds slower;
# a layer because torch is gigabytes and must be the same.
set -eu
cd "$(dirname "$0")/.."

base=.venv
venv=.venv-train
stamp=$venv/.installed

has_torch() {
    $base/bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)' 2>/dev/null
}
has_torch || scripts/environment.sh runtime
key=$({ cat requirements-train.txt scripts/training-environment.sh; $base/bin/python -VV; pwd; } | cksum)
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
# their own requirements, numpy and torch, are those of the application
$base/bin/python -m pip --python $venv/bin/python install --quiet --no-deps -r requirements-train.txt
# the application itself runs without MONAI core, whose package hides the SDK's
cat >$venv/bin/cmrmap <<EOF
#!/bin/sh
if [ "\${1:-}" = run ]; then
    exec "$(pwd)/$base/bin/python" -m cmrmap "\$@"
fi
exec "$(pwd)/$venv/bin/python" -m cmrmap "\$@"
EOF
chmod +x $venv/bin/cmrmap
echo "$key" >"$stamp"
echo "training environment ready after $(($(date +%s) - started)) s" >&2

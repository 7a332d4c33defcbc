#!/bin/sh
# Installs Debian packages where it may (root, or sudo without a password): `scripts/system-packages.sh NAME...`.
# Ends with 1, and one line that says why, where it may not; whoever needs the packages then goes without.
set -u

missing=
for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing="$missing $name"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "system-packages.sh: not installed:$missing (no apt-get here; tests that need them are skipped)" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "system-packages.sh: not installed:$missing (no right to; ask for: apt-get install$missing)" >&2
    exit 1
fi

install() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q -o DPkg::Lock::Timeout=300 \
        --no-install-recommends $missing >"$log" 2>&1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "installing system packages:$missing" >&2
if ! install; then
    $as_root apt-get update -q >/dev/null 2>&1
    if ! install; then
        echo "system-packages.sh: apt-get could not install$missing: $(grep '^E:' "$log" | head -n 1)" >&2
        exit 1
    fi
fi

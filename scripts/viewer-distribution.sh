#!/bin/sh
# Fetches OHIF's built distribution from npm's registry, once, into the user's cache: `scripts/viewer-distribution.sh`.
# Ends with 1, and one line that says why, where it may not; the tests that need it then go without.
set -u

version=3.13.2
digest="WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cmrmap-tests
folder=$cache/ohif-$version
[ -f "$folder/index.html" ] && exit 0

fail() {
    echo "viewer-distribution.sh: no OHIF $version: $1 (tests that need it are skipped)" >&2
    exit 1
}

command -v npm >/dev/null 2>&1 || fail "npm is not installed"
command -v openssl >/dev/null 2>&1 || fail "openssl is not installed"
mkdir -p "$cache" || fail "$cache cannot be written"
work=$(mktemp -d "$cache/fetching.XXXXXX") || fail "$cache cannot be written"
trap 'rm -rf "$work"' EXIT
echo "fetching OHIF $version (50 MB)" >&2
(cd "$work" && npm pack --silent "@ohif/app@$version") >/dev/null 2>&1 || fail "npm could not fetch it"
found=$(openssl dgst -sha512 -binary "$work/ohif-app-$version.tgz" | openssl base64 -A)
[ "$found" = "$digest" ] || fail "what was fetched has another SHA-512 than the version that was pinned"
tar -xzf "$work/ohif-app-$version.tgz" -C "$work" package/dist || fail "the archive cannot be read"
mv "$work/package/dist" "$folder" 2>/dev/null || [ -f "$folder/index.html" ] || fail "$folder cannot be written"

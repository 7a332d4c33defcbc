#!/bin/sh
# Looks for what builds and runs the image, before minutes go into the set-up: `scripts/container-tools.sh`.
# Ends with 0, or with 1 and one line that says what to install. `make map` asks it first.
set -u

say() {
    echo "container-tools.sh: $1" >&2
    exit 1
}

command -v git >/dev/null 2>&1 || say "found no git; install it (Debian: apt install git)"
if command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
    exit 0
fi
if ! command -v buildah >/dev/null 2>&1 || ! command -v podman >/dev/null 2>&1; then
    command -v docker >/dev/null 2>&1 && docker=" (docker is installed, but its daemon does not answer)" || docker=
    say "found no docker that answers and no buildah with podman$docker; install one (Debian: apt install buildah podman crun)"
fi
if ! command -v crun >/dev/null 2>&1 && ! command -v runc >/dev/null 2>&1; then
    say "podman has no runtime; install one (Debian: apt install crun, or runc)"
fi
if ! found=$(podman info 2>&1 >/dev/null); then
    say "podman does not work here: $(printf '%s\n' "$found" | tail -n 1)"
fi
exit 0

#!/bin/sh
# Makes a base image from the distribution's own packages, for machines that reach no image registry:
# `packaging/base-image.sh NAME`. It stands in for debian:bookworm-slim and, like it, has no documents or locales.
# Needs root, debootstrap and podman; takes about two minutes.
set -eu

name=${1:?usage: base-image.sh NAME}
release=bookworm
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

debootstrap --variant=minbase "$release" "$folder/root" >"$folder/log" 2>&1 || {
    tail -n 5 "$folder/log" >&2
    echo "base-image.sh: debootstrap could not make $release" >&2
    exit 1
}
cat >"$folder/root/etc/dpkg/dpkg.cfg.d/slim" <<'EOF'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
EOF
find "$folder/root/usr/share/doc" -type f ! -name copyright -delete
rm -rf "$folder/root/var/cache/apt"/*.bin "$folder/root/var/cache/apt/archives" "$folder/root/var/lib/apt/lists"/* \
    "$folder/root/usr/share/man" "$folder/root/usr/share/info" "$folder/root/usr/share/locale" \
    "$folder/root/var/log"/*.log "$folder/root/dev"/*
tar -C "$folder/root" --numeric-owner -c . | podman import --quiet - "$name" >/dev/null
echo "base image $name made of Debian $release" >&2

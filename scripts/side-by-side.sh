#!/bin/sh
# Runs commands side by side: `scripts/side-by-side.sh 'COMMAND' 'COMMAND'...`. The first one's output is shown as it
# comes, that of each other as a whole when all have ended. Ends with 1 where any of them did not end with 0.
set -u

said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
beside=
trap 'kill $beside 2>/dev/null; exit 143' INT TERM

first=$1
shift
number=0
for command in "$@"; do
    number=$((number + 1))
    sh -c "$command" >"$said/$number" 2>&1 </dev/null &
    beside="$beside $!"
done

failed=
sh -c "$first" || failed="$failed: $first"
number=0
for process in $beside; do
    number=$((number + 1))
    command=$1
    shift
    wait "$process" || failed="$failed: $command"
    echo "== beside it: $command"
    cat "$said/$number"
done
if [ -n "$failed" ]; then
    echo "side-by-side.sh: failed$failed" >&2
    exit 1
fi

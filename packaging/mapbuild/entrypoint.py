"""The image's entrypoint: the SDK's script with the application's exit code, signals and paths put right.

The stock script ends with 0 whatever the application did, does not pass signals on, and hides failed copies. Each
correction replaces a piece of the SDK's text that must be there exactly once, so a new SDK cannot pass unseen.
"""

from __future__ import annotations

from mapbuild.errors import PackagingError

_KEEP_FAILURES = (
    """        "$@"
        status=$?
    fi

    return $status
""",
    """        "$@"
        status=$?
    fi
    [ "$status" = 0 ] || TOOLS_STATUS=$status

    return $status
""",
)

_MERCURE = (
    """    export HOLOSCAN_INPUT_PATH="${HOLOSCAN_INPUT_PATH:=/var/holoscan/input}"
    export HOLOSCAN_OUTPUT_PATH="${HOLOSCAN_OUTPUT_PATH:=/var/holoscan/output}"
""",
    """    # the image names its default folders, so what only mercure's variables name would lose against them
    if [ "${HOLOSCAN_INPUT_PATH:-/var/holoscan/input}" = /var/holoscan/input ]; then
        HOLOSCAN_INPUT_PATH="${MERCURE_IN_DIR:-/var/holoscan/input}"
    fi
    if [ "${HOLOSCAN_OUTPUT_PATH:-/var/holoscan/output}" = /var/holoscan/output ]; then
        HOLOSCAN_OUTPUT_PATH="${MERCURE_OUT_DIR:-/var/holoscan/output}"
    fi
    export HOLOSCAN_INPUT_PATH HOLOSCAN_OUTPUT_PATH
""",
)

_USAGE = (
    """    c_echo "    ${YELLOW}env${NC}  -------------------------  Print all environment variables to the terminal."
""",
    """    c_echo "    ${YELLOW}env${NC}  -------------------------  Print all environment variables to the terminal."
    c_echo "    ${YELLOW}health${NC}  ----------------------  End with 0 while the application runs, with 1 otherwise."
""",
)

_LAUNCH_START = "    else # all other commands will launch the application\n"
_LAUNCH_END = """ failed to read/parse command from ${HOLOSCAN_APP_MANIFEST_PATH}."
        fi
    fi
}
"""
_LAUNCH = """    elif  [ "$1" = "health" ]; then
        application_runs
    else # all other commands will launch the application
        launch "$@"
    fi
}

read_command() {
    mapfile -t COMMAND < <(jq -r '.command | fromjson | .[]' "${HOLOSCAN_APP_MANIFEST_PATH}" 2>/dev/null)
    if [ "${#COMMAND[@]}" = 0 ]; then
        fatal "Failed to launch application; failed to read/parse command from ${HOLOSCAN_APP_MANIFEST_PATH}."
    fi
}

# Runs the application as a child, passes on the signals that end it (both as TERM: a shell's child ignores INT), and
# ends with its exit code. The shell stays: as the container's first process the application would not see a signal
# until its own handlers are in place.
launch() {
    trap end_application TERM INT
    read_command
    "${COMMAND[@]}" "$@" &
    APPLICATION=$!
    [ -z "${ENDING:-}" ] || kill "${APPLICATION}"
    while true; do
        SIGNALLED=
        wait "${APPLICATION}"
        TOOLS_STATUS=$?
        [ -n "${SIGNALLED}" ] || break # a signal to the shell ends `wait`, not the application
    done
    if [ "${TOOLS_STATUS}" = 137 ]; then
        killed
    fi
}

end_application() {
    ENDING=1
    SIGNALLED=1
    [ -z "${APPLICATION:-}" ] || kill "${APPLICATION}" 2>/dev/null
}

# What the application cannot say itself when the kernel or a host ends it without asking.
killed() {
    local message="the run was killed (signal 9); most often its memory limit was too low: give it 4 GB"
    local folder="${HOLOSCAN_OUTPUT_PATH}/results"
    echo_err "cmrmap: ${message}"
    find "${HOLOSCAN_OUTPUT_PATH}" -maxdepth 2 -type f -regextype posix-extended \
        -regex '.*/\\.([0-9a-f]{16}|status\\.json)\\.part' -delete 2>/dev/null # its own; files of others stay
    rm -rf "${HOLOSCAN_OUTPUT_PATH}/.cmrmap-unfinished" 2>/dev/null
    local objects # what it was about to put into its folder, so that the next run knows these files
    objects=$(jq -c '.objects // []' "${folder}/status.json" 2>/dev/null)
    {
        mkdir -p "${folder}" && jq -n --arg message "${message}" --argjson objects "${objects:-[]}" '{outcome: "error",
            exit_code: 137, message: $message, maps: {}, skipped_files: 0, objects: $objects,
            versions: {}}' >"${folder}/.status.json.part" &&
            mv "${folder}/.status.json.part" "${folder}/status.json"
    } 2>/dev/null
}

application_runs() {
    read_command
    local process words
    for process in /proc/[0-9]*; do
        mapfile -d '' -t words <"${process}/cmdline" 2>/dev/null
        if [ "${words[*]:1:${#COMMAND[@]}-1}" = "${COMMAND[*]:1}" ]; then
            return
        fi
    done 2>/dev/null
    TOOLS_STATUS=1
}
"""

_END = (
    """if [ -n "${SCRIPT_DIR}" ]; then
    main "$@"
fi
""",
    """if [ -n "${SCRIPT_DIR}" ]; then
    main "$@"
    exit "${TOOLS_STATUS:-0}"
fi
""",
)


def correct_tools(script: str) -> str:
    """Correct the SDK's script.

    Raises
    ------
    PackagingError
        it is not the script that the corrections were written for
    """
    start, end = _only(script, _LAUNCH_START), _only(script, _LAUNCH_END) + len(_LAUNCH_END)
    script = script[:start] + _LAUNCH + script[end:]
    for old, new in (_KEEP_FAILURES, _MERCURE, _USAGE, _END):
        place = _only(script, old)
        script = script[:place] + new + script[place + len(old) :]
    return script


def _only(script: str, piece: str) -> int:
    if script.count(piece) != 1:
        raise PackagingError(
            f"the SDK's entrypoint script has {script.count(piece)} times the lines that start with "
            f"{piece.strip().splitlines()[0]!r}, expected once; adapt packaging/mapbuild/entrypoint.py to it"
        )
    return script.index(piece)

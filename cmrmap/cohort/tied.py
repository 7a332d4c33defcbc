"""A script that runs a command which ends when the process that started it does, however that ends.

    python cmrmap/cohort/tied.py PARENT COMMAND ...

PARENT is the process id of who starts it, COMMAND begins with a path. A worker that is killed has no time to end the
application that it runs, which would go on for as long as a study takes, in a folder that the next run may have taken
over. Linux sends it SIGTERM for us (prctl(2), PR_SET_PDEATHSIG: when the thread that started it ends), which ends it in
seconds; elsewhere the command just runs. A script, and not a function between fork and exec: workers have threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(command: list[str], parent: int) -> None:
    """Become ``command``; ``parent`` is the process it is tied to."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it ended before it could be asked for
            sys.exit(128 + signal.SIGTERM)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[2:], int(sys.argv[1]))

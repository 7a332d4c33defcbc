"""``cmrmap``, and ``python -m cmrmap``: signals first, then the command line, whose imports take time."""

from __future__ import annotations

import sys

from cmrmap.run.signals import hold_signals

#: verbs that say themselves how a signal ended them
_WATCHED = ("run", "send", "edit")


def main() -> None:
    """Run the command line; a signal that comes before it can be looked at waits until then."""
    if len(sys.argv) > 1 and sys.argv[1] in _WATCHED:
        hold_signals()
    from cmrmap.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()

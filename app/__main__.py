"""``python -m app -i IN -o OUT``; also run by path (``python app``, ``python .``)."""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:  # run by path: the interpreter looked in this folder, not beside it
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cmrmap.run.signals import hold_signals

if __name__ == "__main__":
    hold_signals()  # before anything else: the new process that `settle_process` may start holds them too
    import gc

    from app.process import settle_process
    from cmrmap.core.streams import open_streams
    from cmrmap.run.lean_process import settle_imports

    open_streams()
    settle_process()
    gc.disable()  # until all is imported: see cmrmap.run.lean_process.spare_imports
    settle_imports()
    from app.runtime import main  # after the process may have been replaced: this import takes time

    sys.exit(main())

"""Ask whether the locked packages have known vulnerabilities: ``python scripts/audit.py`` (`make audit`).

pip-audit ends with 0 and "none found" also for packages whose data it did not get. Here each package counts: a
vulnerability fails (1); what could not be asked is told in one line and fails nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]
_LISTS = ("requirements.txt", "requirements-torch.txt")
#: vulnerabilities that were looked into and do not concern the application: identifier, and why
_LOOKED_INTO: dict[str, str] = {}
_LONGEST_S = 300


def main() -> int:
    """Audit every list; 1: a package has a vulnerability."""
    answers = [_ask(_ROOT / name) for name in _LISTS]
    packages = [one for answer in answers if answer is not None for one in answer["dependencies"]]
    code, lines = judge(packages, complete=None not in answers)
    for line in lines:
        print(f"audit: {line}", file=sys.stderr)
    return code


def judge(packages: list[dict[str, Any]], *, complete: bool) -> tuple[int, list[str]]:
    """Return the exit code and what to say.

    Parameters
    ----------
    packages : of pip-audit's answers: "name", and either "version" and "vulns" or "skip_reason"
    complete : whether every list was answered
    """
    asked = [one for one in packages if "skip_reason" not in one]
    found = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in asked
        for hole in one["vulns"]
        if hole["id"] not in _LOOKED_INTO
    ]
    if not asked:
        return 0, ["not done: the data on vulnerabilities cannot be reached from here"]
    missing = len(packages) - len(asked)
    rest = f"; {missing} packages could not be asked for" if missing else ""
    rest += "" if complete else "; a list could not be asked for"
    return int(bool(found)), [*found, f"{len(asked)} packages asked for, {len(found)} vulnerabilities{rest}"]


def _ask(path: Path) -> dict[str, Any] | None:
    """Return pip-audit's answer on one list; None where it has none."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json", "--disable-pip"]
    try:
        done = subprocess.run(
            [*command, "--no-deps", "--timeout", "10", "-r", str(path)],
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return answer


if __name__ == "__main__":
    sys.exit(main())

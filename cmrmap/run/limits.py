"""Limits that a container or a batch system sets on the process: told in one line instead of a killed process."""

from __future__ import annotations

from cmrmap.core.errors import InputError
from cmrmap.core.memory import address_limit_bytes, memory_limit_bytes

#: the demo study takes 0.8 GB
NEEDED_MEMORY_BYTES = 1 << 30
#: the demo study takes 1.9 GB of addresses on two cores, most of it reserved by libraries and never used
NEEDED_ADDRESS_BYTES = 5 << 29


def check_memory() -> None:
    """Check that the process may take the memory that a study needs.

    Raises
    ------
    InputError
        it may not
    """
    limit = memory_limit_bytes()
    if limit is not None and limit < NEEDED_MEMORY_BYTES:
        raise InputError(
            f"memory is limited to {limit / 1e6:.0f} MB here, a study needs at least "
            f"{NEEDED_MEMORY_BYTES / 1e6:.0f} MB; raise the limit (of a container: --memory 4g)"
        )
    addresses = address_limit_bytes()
    if addresses is not None and addresses < NEEDED_ADDRESS_BYTES:
        raise InputError(
            f"addresses are limited to {addresses / 1e6:.0f} MB here (ulimit -v), a study needs at least "
            f"{NEEDED_ADDRESS_BYTES / 1e6:.0f} MB, since libraries reserve more than they use; raise that limit, or "
            "limit memory in its place (of a container: --memory 4g)"
        )

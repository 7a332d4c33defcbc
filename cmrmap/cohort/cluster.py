"""Workers: processes on this machine, or those of a Dask cluster that is there already."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
from collections.abc import Iterator

import dask
from distributed import Client, LocalCluster

from cmrmap.core.errors import InputError
from cmrmap.core.version import VERSION

_SECONDS_TO_CONNECT = 10
_SECONDS_TO_JOIN = 60
#: Dask has the memory that a study frees given back at once, and the network takes it again for every image, which
#: costs half of the time; these are what glibc comes to by itself where nobody sets them
_MEMORY = {"MALLOC_TRIM_THRESHOLD_": 1 << 30, "MALLOC_MMAP_THRESHOLD_": 1 << 25}
_LOCAL = {
    **{f"distributed.nanny.pre-spawn-environ.{name}": value for name, value in _MEMORY.items()},
    # a worker looks a hundred times a second where its study is and keeps the call trees of each of the last 1000
    # seconds, twice: up to 0.5 MB a second
    "distributed.worker.profile.enabled": False,
}


@contextlib.contextmanager
def open_client(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Give a client of the cluster at ``scheduler``, or of worker processes on this machine that end with it.

    A local worker has one thread of its own for the study and one for numerical libraries; it is restarted when it
    dies, and killed when it takes more than its share of the memory. Local processes know each other by certificates
    that are made for this run and kept in memory.

    Parameters
    ----------
    scheduler : address, e.g. "tcp://10.0.0.1:8786"; None: this machine
    workers : local processes, where there is no scheduler

    Raises
    ------
    InputError
        no scheduler there, no worker that joins, or workers with another version of this software
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its messages about dying workers: ours say it
    if scheduler is None:
        with (
            dask.config.set(_LOCAL),
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                # Dask's messages hold pickles: whoever may send one runs code in the workers, so only this run may
                security=True,
                dashboard_address="127.0.0.1:0",  # any free port: a second run on the machine is no reason to warn
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers at {scheduler}; start one, or check the address") from error
    with client:
        _check_workers(client, scheduler)
        yield client


def dashboard(client: Client) -> str:
    """Return where Dask shows workers, tasks and memory while a cohort runs, in words.

    Parameters
    ----------
    client : of the cluster
    """
    told = f"Dask's dashboard: {client.dashboard_link}"
    if importlib.util.find_spec("bokeh") is None:
        return f"{told} (its pages need the package bokeh: pip install bokeh)"
    return told


def _check_workers(client: Client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_JOIN)
    except TimeoutError as error:
        raise InputError(
            f"no worker has joined the scheduler at {scheduler} within {_SECONDS_TO_JOIN} s; start workers"
        ) from error
    try:
        versions = set(client.run(_worker_version).values())
    except Exception as error:
        raise InputError(
            f"the workers at {scheduler} cannot import cmrmap; start them in an environment with version {VERSION}"
        ) from error
    if versions != {VERSION}:
        raise InputError(
            f"the workers at {scheduler} have cmrmap {', '.join(sorted(versions))}; version {VERSION} is needed"
        )


def _worker_version() -> str:
    from cmrmap.core import version

    return version.VERSION

"""A Dask cluster as the executor of a rebuild, with the extra `dask`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import cast

from service.failures import ServiceFailure

_PATIENCE_S = 10
_DEATHS = 3  # workers that may die while they fold the same book


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """Yields an executor that runs each job on a worker of the cluster; a job of a worker that dies runs again on
    another. Raises `ServiceFailure` if there is no such cluster.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ServiceFailure("--dask needs the client of Dask: pip install 'redledger[dask]'.") from None
    try:
        client = Client(address, timeout=_PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ServiceFailure(f"There is no Dask scheduler at {address}: {error}.") from None
    with client:
        yield cast(Executor, client.get_executor(pure=False, retries=_DEATHS))

"""Work on many files at once: processes of this machine, or the workers of a Dask cluster.

joblib does both. A worker of a cluster must be able to import `deepmusic` and to read the same
paths: start it in this folder, on a disk that all share.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from deepmusic.errors import DatasetError

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Tasks sent out ahead for each worker: enough to keep it busy, few enough to stay small.
_AHEAD = "4 * n_jobs"


def each(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int = -1,
    cluster: str | None = None,
) -> Iterator[Result]:
    """Yield what a function makes of each item, as soon as it is there, in any order.

    Results are handed on at once, so that memory does not grow with their number.

    Parameters
    ----------
    function : callable
        Of one item; importable, as it may run elsewhere.
    items : sequence
        What to work on.
    jobs : int
        Processes on this machine; -1 is one a core. A cluster uses all of its workers.
    cluster : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``.

    Raises
    ------
    DatasetError
        If the cluster does not answer, or a process dies.
    """
    from joblib import Parallel, delayed

    if not items:
        return
    with _backend(jobs, cluster):
        parallel = Parallel(return_as="generator_unordered", pre_dispatch=_AHEAD)
        yield from _explained(parallel(delayed(function)(item) for item in items), cluster)


@contextmanager
def _backend(jobs: int, cluster: str | None) -> Iterator[None]:
    """Choose local processes, or the cluster."""
    from joblib import parallel_config

    if cluster is None:
        with parallel_config(backend="loky", n_jobs=jobs):
            yield
        return
    try:
        from distributed import Client

        client = Client(cluster, timeout="10s", set_as_default=False)
    except ImportError as error:
        raise DatasetError(
            "A cluster needs the package distributed. Install it: pip install distributed"
        ) from error
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"No Dask scheduler answers at {cluster} ({error}). Check the address, or start one: "
            "python -m distributed.cli.dask_scheduler"
        ) from error
    with client:
        if not client.scheduler_info()["workers"]:
            raise DatasetError(
                f"The Dask scheduler at {cluster} has no workers. Start some in DeepMusic's "
                f"folder: python -m distributed.cli.dask_worker {cluster}"
            )
        with parallel_config(backend="dask", client=client):
            yield


def _explained(results: Iterator[Result], cluster: str | None) -> Iterator[Result]:
    """Yield results; say in words what a lost process means."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        yield from results
    except BrokenProcessPool as error:
        raise DatasetError(
            "A process that was at work died, perhaps because the memory is full. Run it again "
            "with fewer processes (--jobs 1): what is done is kept."
        ) from error
    except Exception as error:
        # Dask's own errors, without importing Dask for those who do not use it.
        if cluster is None or not type(error).__module__.startswith("distributed"):
            raise
        raise DatasetError(
            f"The cluster at {cluster} gave up ({type(error).__name__}: {error}). See that its "
            "workers run; what is done is kept."
        ) from error

"""A function applied to many files: on processes of this machine, or on a Dask cluster."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from deepmusic.errors import DatasetError

if TYPE_CHECKING:
    from distributed import Client

#: Called with how many of how many items are done.
Progress = Callable[[int, int], None]

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")


def no_progress(done: int, total: int) -> None:
    """Report nothing: the default of every `Progress`."""


def map_unordered(
    function: Callable[[Item], Result],
    items: Mapping[Key, Item],
    *,
    jobs: int = -1,
    cluster: str | None = None,
    on_progress: Progress = no_progress,
) -> Iterator[tuple[Key, Result]]:
    """Apply a function to values in parallel; yield keys and results as they complete.

    Parameters
    ----------
    function : callable
        Of one value; importable where it runs.
    items : mapping
        Its arguments.
    jobs : int
        Processes on this machine; -1 is one a core. A cluster uses all of its workers.
    cluster : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``. Its workers must be started in
        this folder and read the same paths.
    on_progress : callable
        Called at the start, and after the caller is done with each result.

    Raises
    ------
    DatasetError
        If the cluster does not answer, or a process cannot start or dies.
    """
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import BrokenProcessPool

    on_progress(0, len(items))
    if not items:
        return
    with ExitStack() as stack:
        if cluster:
            client = stack.enter_context(_connect(cluster))
            stack.enter_context(parallel_config(backend="dask", client=client))
        else:
            stack.enter_context(parallel_config(backend="loky", n_jobs=jobs))
        # A few tasks ahead for each worker, so that memory does not grow with their number.
        parallel = Parallel(return_as="generator_unordered", pre_dispatch="4 * n_jobs")
        tasks = (delayed(_keep_key)(function, *item) for item in items.items())
        try:
            for done, result in enumerate(parallel(tasks), start=1):
                yield result
                on_progress(done, len(items))
        except (BrokenProcessPool, OSError) as error:
            reason = str(error).partition(". ")[0]
            raise DatasetError(
                f"The processes at work failed ({reason}), perhaps because the memory is full. Run "
                "it again with fewer (--jobs 1): what is done is kept."
            ) from error
        except Exception as error:
            # Dask's own errors, without importing Dask for those who do not use it.
            if not type(error).__module__.startswith("distributed"):
                raise
            raise DatasetError(
                f"The cluster at {cluster} gave up ({type(error).__name__}: {error}). See that its "
                "workers run; what is done is kept."
            ) from error


def _keep_key(function: Callable[[Item], Result], key: Key, item: Item) -> tuple[Key, Result]:
    return key, function(item)


def _connect(address: str) -> "Client":
    """Return a client of a Dask scheduler that has workers."""
    from distributed import Client

    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"No Dask scheduler answers at {address} ({error}). Check the address, or start one: "
            "python -m distributed.cli.dask_scheduler"
        ) from error
    if not client.scheduler_info()["workers"]:
        client.close()
        raise DatasetError(
            f"The Dask scheduler at {address} has no workers. Start some in DeepMusic's folder: "
            f"python -m distributed.cli.dask_worker {address}"
        )
    return client

"""Work on many files: processes of this machine, or the workers of a Dask cluster."""

import os

import pytest

from deepmusic.data import parallel
from deepmusic.errors import DatasetError


@pytest.fixture(scope="module")
def cluster():
    """Two real workers, each a process of its own."""
    import dask
    from distributed import LocalCluster

    # A machine that is busy with other tests starts workers slowly.
    patience = {"distributed.comm.timeouts.connect": "90s", "distributed.comm.timeouts.tcp": "90s"}
    with (
        dask.config.set(patience),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
    ):
        yield cluster


def items(numbers):
    return {number: number for number in numbers}


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_item_is_worked_on_once(jobs):
    numbers = items(range(-20, 0))
    assert dict(parallel.map_unordered(abs, numbers, jobs=jobs)) == {n: abs(n) for n in numbers}


@pytest.mark.slow
def test_a_cluster_works_in_other_processes(cluster):
    address = cluster.scheduler_address
    processes = {worker.pid for worker in cluster.workers.values()}
    worked = {at for _, at in parallel.map_unordered(_process, items(range(40)), cluster=address)}
    assert worked <= processes
    assert os.getpid() not in worked


def _process(number: int) -> int:
    return os.getpid()


def test_nothing_to_do_needs_no_workers():
    assert list(parallel.map_unordered(abs, {}, cluster="tcp://127.0.0.1:9")) == []


def test_a_fault_of_ours_is_raised_as_it_is():
    with pytest.raises(ZeroDivisionError):
        list(parallel.map_unordered(_inverse, items([1, 0]), jobs=1))


@pytest.mark.slow
def test_a_fault_of_ours_is_raised_through_a_cluster(cluster):
    with pytest.raises(ZeroDivisionError):
        list(parallel.map_unordered(_inverse, items([1, 0]), cluster=cluster.scheduler_address))


def _inverse(number: int) -> float:
    return 1 / number


def test_a_process_that_dies_is_explained():
    with pytest.raises(DatasetError, match=r"was unexpectedly terminated\), .*--jobs 1"):
        list(parallel.map_unordered(os._exit, dict.fromkeys("abcd", 1), jobs=2))


def test_a_cluster_that_is_not_there(monkeypatch):
    import distributed

    client = distributed.Client
    monkeypatch.setattr(
        distributed, "Client", lambda address, timeout, **more: client(address, timeout=1, **more)
    )
    with pytest.raises(DatasetError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(parallel.map_unordered(abs, {1: 1}, cluster="tcp://127.0.0.1:9"))


@pytest.mark.slow
def test_a_cluster_without_workers():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty,
        pytest.raises(DatasetError, match="has no workers"),
    ):
        list(parallel.map_unordered(abs, {1: 1}, cluster=empty.scheduler_address))

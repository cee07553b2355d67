"""Workers of an existing Dask cluster that see the output folder under the same path."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gridgeo.distribution import how_to_install
from gridgeo.errors import SettingsError
from gridgeo.parts.task import Outcome, Task, run_part
from gridgeo.parts.workers import RETRIES, gone
from gridgeo.text import Text

_TIMEOUT = "10s"


def run_on_cluster(tasks: Sequence[Task], *, scheduler: str) -> Iterator[Outcome]:
    """Do the tasks on the cluster of `scheduler` and yield what comes of each.

    A worker that is lost costs only its part, which is done again elsewhere. When the iterator
    is closed, parts that wait are cancelled; workers finish the part that they are at.

    Raises
    ------
    SettingsError
        ``distributed`` is not installed, or no scheduler answers.
    """
    with _client(scheduler) as client:
        futures = {
            client.submit(run_part, task, pure=False, retries=RETRIES): task for task in tasks
        }
        try:
            for future in _as_completed(futures):
                yield _outcome(future, futures[future])
        finally:
            client.cancel(list(futures))


def _outcome(future: Any, task: Task) -> Outcome:
    from distributed.scheduler import KilledWorker  # noqa: PLC0415

    try:
        outcome: Outcome = future.result()
    except KilledWorker:
        return Outcome(task.name, error=gone(task, RETRIES + 1))
    return outcome


def _as_completed(futures: Any) -> Any:
    from distributed import as_completed  # noqa: PLC0415

    done: Any = as_completed
    return done(futures)


def _client(scheduler: str) -> Any:
    try:
        from distributed import Client  # noqa: PLC0415  (an extra)
    except ImportError as error:
        raise SettingsError(
            Text(
                "a Dask cluster needs the package distributed", "使用 Dask 集群需要 distributed 包"
            ),
            key="--scheduler",
            remedy=how_to_install("cluster"),
        ) from error
    try:
        connect: Any = Client
        return connect(scheduler, timeout=_TIMEOUT)
    except (OSError, ValueError) as error:
        raise SettingsError(
            Text(f"no Dask scheduler answers: {error}", f"无法连接 Dask 调度器：{error}"),
            key="--scheduler",
            value=scheduler,
            remedy=Text(
                "Start one with: dask scheduler, and give its address, such as tcp://host:8786",
                "请先运行 dask scheduler，并给出其地址，如 tcp://host:8786",
            ),
        ) from error

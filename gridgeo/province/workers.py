"""Workers: processes of this machine, each with one thread and one chunk at a time, or Dask.

The workers of a Dask cluster must see the output folder under the same path.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from gridgeo.config import how_to_install
from gridgeo.errors import InputError, SettingsError
from gridgeo.province.task import Outcome, Task, run_chunk
from gridgeo.wording import Text

#: how often a chunk whose process was lost is run again
_RETRIES = 2
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass
class _Worker:
    """A process, the link to it, and its current chunk."""

    process: BaseProcess
    link: Connection
    task: Task | None = None


def run_on_processes(tasks: Sequence[Task], *, jobs: int) -> Iterator[Outcome]:
    """Do the tasks on `jobs` processes and yield what comes of each, as they are done.

    A process that is lost (killed, out of memory) costs only its chunk, which is done again. When
    the iterator is closed, or this process is interrupted, all processes are killed; they also
    end when this process is killed.

    Parameters
    ----------
    tasks
        Started in this order.
    jobs
        Processes; each has one chunk in memory.
    """
    waiting, lost = deque(tasks), Counter[str]()
    workers = [_started() for _ in range(min(jobs, len(tasks)))]
    try:
        while waiting or any(worker.task for worker in workers):
            for worker in workers:
                if worker.task is None and waiting:
                    worker.task = waiting.popleft()
                    _send(worker)
            for worker, task in _ready(workers):
                outcome = _received(worker)
                worker.task = None
                if outcome is not None:
                    yield outcome
                    continue
                workers[workers.index(worker)] = _started()
                lost[task.name] += 1
                if lost[task.name] > _RETRIES:
                    yield Outcome(task.name, error=_lost_worker(task, lost[task.name]))
                else:
                    waiting.append(task)
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()
            worker.link.close()


def _lost_worker(task: Task, times: int) -> InputError:
    """Return the error that the process of a chunk ended too often."""
    return InputError(
        Text(
            f"the process of part {task.name} ended {times} times without a result: probably too "
            "little memory",
            f"分片 {task.name} 的计算进程 {times} 次异常退出，可能是内存不足",
        ),
        remedy=Text(
            "Give fewer --jobs, or smaller parts (--by tile with a smaller tile_m)",
            "请减小 --jobs，或改用更小的分片（--by tile 并减小 tile_m）",
        ),
    )


def _started() -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    with _one_thread():
        process.start()
    theirs.close()
    return _Worker(process, ours)


def _send(worker: _Worker) -> None:
    try:
        worker.link.send(worker.task)
    except OSError:
        return  # the process ended: waiting for its link reports it


def _ready(workers: Sequence[_Worker]) -> list[tuple[_Worker, Task]]:
    """Wait for an outcome or a loss; return the workers that have one."""
    busy = [(worker, worker.task) for worker in workers if worker.task is not None]
    ready = wait([worker.link for worker, _ in busy])
    return [(worker, task) for worker, task in busy if worker.link in ready]


def _received(worker: _Worker) -> Outcome | None:
    try:
        outcome: Outcome = worker.link.recv()
    except (EOFError, OSError):
        worker.link.close()
        worker.process.kill()
        worker.process.join()
        return None
    return outcome


def _serve(link: Connection) -> None:
    """Run chunks until the link ends; the parent alone answers Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            task = link.recv()
        except EOFError:
            return
        link.send(run_chunk(task))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes that start now compute with one thread each."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_TIMEOUT = "10s"


def run_on_cluster(tasks: Sequence[Task], *, scheduler: str) -> Iterator[Outcome]:
    """Do the tasks on the cluster of `scheduler` and yield what comes of each.

    A worker that is lost costs only its chunk, which is done again elsewhere. When the iterator
    is closed, chunks that wait are cancelled; workers finish the chunk that they are at.

    Raises
    ------
    SettingsError
        ``distributed`` is not installed, or no scheduler answers.
    """
    with _client(scheduler) as client:
        futures = {
            client.submit(run_chunk, task, pure=False, retries=_RETRIES): task for task in tasks
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
        return Outcome(task.name, error=_lost_worker(task, _RETRIES + 1))
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

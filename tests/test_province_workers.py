"""Real processes: stopped, killed, resumed, on a Dask cluster; the bytes stay the same."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from builders_province import command, environment, files, province, run_here
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.cli.options import CliInput
from gridgeo.errors import SettingsError
from gridgeo.province import workers
from gridgeo.province.task import Outcome, Task
from gridgeo.province.workers import run_on_cluster

LAYERS = ("communities", "streets", "households", "facilities")
BY_TOWNSHIP = ("--by", "township", "--effort", "fast")
PATIENCE_S = 120.0


@pytest.fixture(scope="module", autouse=True)
def _listening():
    """Let runs hear Ctrl-C: a shell starts what is in its background deaf to it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a province, and the result of an undisturbed run in ``calm``."""
    folder = tmp_path_factory.mktemp("workers")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # the paths that are given are in the manifest
        run_here(settings_of(folder), folder / "calm")
    return folder


def settings_of(folder):
    """Return the settings that the command line makes of `LAYERS` and its options."""
    province(4).write(folder)
    layers = {role: [f"{role}.gpkg"] for role in LAYERS}
    return CliInput(layers=layers, by="township", effort="fast").settings()


def started(folder, out, *options, jobs=1):
    """Start the command in a session of its own, as a terminal would."""
    layers = [part for role in LAYERS for part in (f"--{role}", f"{role}.gpkg")]
    return subprocess.Popen(
        command("partition", *layers, *BY_TOWNSHIP, "--jobs", jobs, "--out", out, *options),
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        encoding="utf-8",
    )


def wait_for(path, pattern, *, number=1):
    """Wait until a run has come so far."""
    end = time.monotonic() + PATIENCE_S
    while len(list(path.glob(pattern))) < number:
        assert time.monotonic() < end, f"no {pattern} in {path}"
        time.sleep(0.01)


def finish(run):
    with run.stderr:
        code = run.wait(PATIENCE_S)
        return code, run.stderr.read()


def same(folder, out):
    """Compare a run with the undisturbed one, file by file."""
    ours, theirs = files(folder / out), files(folder / "calm")
    return sorted({name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)})


@pytest.mark.long
def test_a_run_that_is_stopped_and_killed_again_and_again_ends_in_the_same_bytes(folder):
    out = folder / "tried"
    run = started(folder, "tried")
    wait_for(out, "parts/4*/part.json")
    os.killpg(run.pid, signal.SIGINT)  # Ctrl-C goes to the workers too
    code, told = finish(run)
    assert code == 130
    assert told.strip().endswith("已完成的分片均已保留。重新运行同一命令即可从中断处继续。")
    kept = {path: path.stat().st_mtime_ns for path in out.glob("parts/4*/part.json")}
    assert 1 <= len(kept) < 4
    run = started(folder, "tried")
    wait_for(out, "parts/4*/part.json", number=len(kept) + 1)
    os.kill(run.pid, signal.SIGKILL)  # the workers see that they are alone, and end
    assert finish(run)[0] == -signal.SIGKILL
    code, told = finish(started(folder, "tried", jobs=2))
    assert code == 0, told
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in kept.items())
    assert same(folder, "tried") == []


@contextmanager
def cluster(folder):
    """Start a scheduler and two workers of one thread; yield the address and the workers."""
    told, running = folder / "scheduler.json", []
    dask = [sys.executable, "-m", "dask"]

    def start(*arguments):
        running.append(
            subprocess.Popen(
                [*dask, *arguments, "--scheduler-file", str(told), "--no-dashboard"],
                cwd=folder,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        wait_for(folder, "scheduler.json")
        for _ in range(2):
            start("worker", "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
        yield json.loads(told.read_text(encoding="utf-8"))["address"], running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.mark.long
def test_a_dask_cluster_gives_the_same_bytes_though_a_worker_is_killed_midway(folder):
    with cluster(folder) as (address, dask_workers):
        run = started(folder, "cluster", "--scheduler", address)
        wait_for(folder / "cluster", "parts/4*/part.json")
        dask_workers[0].kill()
        code, told = finish(run)
        assert code == 0, told
    assert same(folder, "cluster") == []
    times = json.loads((folder / "cluster" / "run.json").read_text(encoding="utf-8"))
    assert len(times["parts"]) == 4


@pytest.mark.filterwarnings("ignore")  # distributed leaves what failed to the collector
def test_a_scheduler_that_does_not_answer_and_one_without_parts_are_errors(folder, monkeypatch):
    monkeypatch.chdir(folder)
    layers = [part for role in LAYERS for part in (f"--{role}", f"{role}.gpkg")]
    nobody = "tcp://127.0.0.1:9"
    told = CliRunner().invoke(app, ["partition", *layers, "--scheduler", nobody, "--lang", "en"])
    assert told.exit_code == 2
    assert "Add --by township" in told.output
    monkeypatch.setattr("gridgeo.province.workers._TIMEOUT", "50ms")
    with pytest.raises(SettingsError, match=r"no Dask scheduler answers.*dask scheduler"):
        list(run_on_cluster([task("a")], scheduler=nobody))


# --- processes that are lost ---------------------------------------------------------------------


def task(name):
    return Task(
        name=name, root="", crs="", given_atoms=False, settings=(), files=(), version="", hash=""
    )


def test_a_part_that_costs_its_process_again_and_again_is_given_up(monkeypatch):
    monkeypatch.setattr(workers, "_started", dying)
    told = list(workers.run_on_processes([task("a")], jobs=2))
    assert [outcome.name for outcome in told] == ["a"]
    assert "ended 3 times without a result" in str(told[0].error)


def dying():
    """Return a worker whose process ends at once."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    ours, theirs = workers.multiprocessing.Pipe()
    theirs.close()
    process.join = process.wait
    return workers._Worker(process, ours)


def test_outcomes_come_back_from_a_process_of_its_own():
    told = list(workers.run_on_processes([task("a"), task("b")], jobs=1))
    assert [outcome.name for outcome in told] == ["a", "b"]
    assert all(isinstance(outcome, Outcome) for outcome in told)
    assert "this worker runs gridgeo" in str(told[0].error)


# --- Ctrl-C ---------------------------------------------------------------------------------------

ASLEEP = "import time; time.sleep(600)"
IN_A_LIBRARY = "import hashlib; hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)"
IN_A_THREAD = (
    "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start(); "
    "time.sleep(600)"
)


@pytest.mark.parametrize("work", [ASLEEP, IN_A_LIBRARY, IN_A_THREAD])
def test_ctrl_c_ends_the_process_whatever_it_is_at(work):
    code = (
        "from gridgeo.cli.console import STOPPED, interruptible\n"
        "import typer\n"
        "def main():\n"
        "    with interruptible(STOPPED, 'zh'):\n"
        "        print('ready', flush=True)\n"
        f"        {work}\n"
        "typer.run(main)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment() | {"PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with run.stdout, run.stderr:
        assert run.stdout.readline() == "ready\n"
        run.send_signal(signal.SIGINT)
        assert run.wait(PATIENCE_S) == 130
        assert run.stderr.read().startswith("已中断，没有写出结果")

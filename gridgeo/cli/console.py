"""Standard output without the lines of compiled libraries; Ctrl-C answered within a second.

After Ctrl-C the command prints how to go on and ends with exit code 130.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from gridgeo.config import conflict
from gridgeo.wording import LANGS, Lang, Text


def silence_libraries() -> None:
    """Let ``sys.stdout`` write where it did, and descriptor 1 nowhere.

    HiGHS 1.12, which SciPy 1.17 and 1.18 bring, writes one line left over from its development
    to descriptor 1 (``transformNewIntegerFeasibleSolution tmpSolver.run();``), whatever its
    options state: https://github.com/ERGO-Code/HiGHS/issues/2783. Nothing happens where
    ``sys.stdout`` is not descriptor 1, as in a notebook.
    """
    stdout = sys.stdout
    if stdout is None or not hasattr(stdout, "reconfigure") or stdout.fileno() != 1:
        return
    stdout.flush()
    sys.stdout = os.fdopen(
        os.dup(1),
        "w",
        buffering=1 if stdout.line_buffering else -1,
        encoding=stdout.encoding,
        errors="replace",
    )
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


INTERRUPTED = 130
#: how long the work may take to come to an end by itself
GRACE_S = 0.4

STOPPED = Text(
    "Stopped: nothing was written. Run the same command again; large areas can be done in parts "
    "that are kept (--by township).",
    "已中断，没有写出结果，请重新运行同一命令。数据量大时可加 --by township 分片计算，"
    "中断后可以续算。",
)
STOPPED_CHUNKS = Text(
    "Stopped: finished parts are kept. Run the same command again to go on.",
    "已中断，已完成的分片均已保留。重新运行同一命令即可从中断处继续。",
)


@contextmanager
def interruptible(message: Text, lang: Lang) -> Iterator[None]:
    """Turn Ctrl-C inside into the sentence `message` and exit code 130.

    Python sees a signal only between its own instructions, and a long call into GEOS is one
    instruction: a thread waits beside the work, and ends the process where that does not end in
    time. Results are written atomically, so none is left half written.
    """
    watch = _Watch(message, lang)
    watch.start()
    try:
        yield
    except KeyboardInterrupt:  # the watch goes on: threads may still be at work
        watch.say()
        raise typer.Exit(INTERRUPTED) from None
    except BaseException:
        watch.stop()
        raise
    watch.stop()


class _Watch:
    """A thread that hears SIGINT at once, whatever the main thread is at."""

    def __init__(self, message: Text, lang: Lang) -> None:
        self._told = message.say(lang)
        self._said = threading.Event()
        self._over = threading.Event()
        self._ours, self._theirs = socket.socketpair()
        self._before: int | None = None

    def start(self) -> None:
        if threading.current_thread() is threading.main_thread():
            self._theirs.settimeout(0)
            self._before = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._listen, daemon=True).start()

    def say(self) -> None:
        """Say once how to go on."""
        if not self._said.is_set():
            self._said.set()
            sys.stderr.write(f"{self._told}\n")
            sys.stderr.flush()

    def stop(self) -> None:
        """End the watch: the work is done."""
        self._over.set()
        if self._before is not None:
            signal.set_wakeup_fd(self._before)
        else:
            self._ours.close()
        self._theirs.close()

    def _listen(self) -> None:
        with self._ours:
            while heard := self._ours.recv(1):
                if heard[0] == signal.SIGINT and not self._over.wait(GRACE_S):
                    self.say()
                    os._exit(INTERRUPTED)


def warn_of_conflict() -> None:
    """Warn in both languages, as none is known yet, where another project's gridgeo is there."""
    warning = conflict()
    if warning is not None:
        for lang in LANGS:
            sys.stderr.write(f"{warning.say(lang)}\n")

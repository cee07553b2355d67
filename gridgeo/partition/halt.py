"""A request to stop: a flag that running kernels look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

import numpy as np


class Halt:
    """A flag that every kernel polls; `stop` makes all of them return the best they have.

    Each search that is given the halt ends within about a tenth of a second, with a valid
    labelling.

    Examples
    --------
    >>> halt = Halt()
    >>> halt.stopped
    False
    >>> halt.stop()
    >>> halt.stopped
    True
    """

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.uint8)

    def stop(self) -> None:
        """Ask all who hold this flag to stop; safe from any thread and from signal handlers."""
        self.flag[0] = 1

    @property
    def stopped(self) -> bool:
        """Tell whether a stop was asked for."""
        return bool(self.flag[0])

    @contextmanager
    def after(self, seconds: float | None) -> Iterator[Halt]:
        """Stop by itself when this much wall-clock time goes by inside; never where None."""
        if seconds is None:
            yield self
            return
        timer = Timer(seconds, self.stop)
        timer.daemon = True
        timer.start()
        try:
            yield self
        finally:
            timer.cancel()

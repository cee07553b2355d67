"""How kernels are compiled: cached on disk, the cache following all kernels of the package."""

from __future__ import annotations

import hashlib
import pickle
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _hash_kernel_files() -> str:
    """Return the SHA-256 of all files of this package that contain kernels."""
    sources = (file.read_bytes() for file in sorted(Path(__file__).parent.rglob("*.py")))
    kernels = (source for source in sources if b"@compiled" in source)
    return hashlib.sha256(b"".join(kernels)).hexdigest()


_KERNEL_FILES = _hash_kernel_files()


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile `function` with numba: cached on disk, without the interpreter lock.

    A kernel contains the code of the kernels that it calls, but numba compares only the kernel's
    own file with its cache. So the stamp of the cache covers all files with kernels.
    """
    kernel: Callable[_P, _R] = numba.njit(cache=True, nogil=True)(function)
    file = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if file is not None:  # None with NUMBA_DISABLE_JIT
        file._source_stamp = (file._source_stamp, _KERNEL_FILES)
        file._load_index = partial(_load_or_forget, file._load_index)
    return kernel


def _load_or_forget(load: Callable[[], dict[Any, Any]]) -> dict[Any, Any]:
    """Return the index of a cache, empty where an earlier version wrote types that are no more.

    Numba reads those types before it compares the stamp.
    """
    try:
        return load()
    except (AttributeError, ImportError, pickle.UnpicklingError):
        return {}

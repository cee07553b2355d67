"""Read the locks, and store beside them what the index says of every locked version.

    python -m scripts.locks

writes ``requirements.meta.json``: for each version its ``Requires-Python``, its ``Requires-Dist``
and the wheels that pip takes on each of `TARGETS`. ``tests/test_locks.py`` proves from it, without
network, that the locks are closed and that everything in them has its wheels. ``scripts/lock``
calls this with the newest pip, which reads the metadata of a wheel without fetching the wheel.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
RUN, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
METADATA = ROOT / "requirements.meta.json"
GLIBC = 36  # of Debian 12: 2.36


@dataclass(frozen=True, kw_only=True)
class Target:
    """A Python on an operating system, both 64 bit x86."""

    python: str
    system: str

    @property
    def platforms(self) -> list[str]:
        """Return the platform tags of wheels that run there, the most specific first."""
        if self.system == "Windows":
            return ["win_amd64"]
        legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        names = [(f"manylinux_2_{n}", legacy.get(n)) for n in range(GLIBC, 4, -1)]
        return [f"{name}_x86_64" for pair in names for name in pair if name] + ["linux_x86_64"]

    @cached_property
    def tags(self) -> set[Tag]:
        """Return the tags of all wheels that run there."""
        version = tuple(int(part) for part in self.python.split("."))
        abi = f"cp{version[0]}{version[1]}"
        native = cpython_tags(version, abis=[abi], platforms=self.platforms)
        return {*native, *compatible_tags(version, interpreter=abi, platforms=self.platforms)}

    def environment(self, patch: int = 0, extra: str = "") -> dict[str, str]:
        """Return what markers are evaluated with, on this `patch` of the Python."""
        windows = self.system == "Windows"
        full = f"{self.python}.{patch}"
        return {
            "extra": extra,
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "nt" if windows else "posix",
            "platform_machine": "AMD64" if windows else "x86_64",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.system,
            "platform_version": "",
            "python_full_version": full,
            "python_version": self.python,
            "sys_platform": "win32" if windows else "linux",
        }


TARGETS = tuple(
    Target(python=python, system=system)
    for python in ("3.11", "3.12", "3.13")
    for system in ("Linux", "Windows")
)


@dataclass(frozen=True)
class Pin:
    """One version in a lock, where it is for, and the hashes that its files may have."""

    requirement: Requirement
    hashes: frozenset[str]

    @property
    def name(self) -> str:
        """Return the normalised name."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """Return the version."""
        (pinned,) = self.requirement.specifier
        return pinned.version

    @property
    def key(self) -> str:
        """Return name and version, as ``requirements.meta.json`` lists them."""
        return f"{self.name}=={self.version}"

    def on(self, environment: dict[str, str]) -> bool:
        """Return whether this is installed there."""
        marker = self.requirement.marker
        return marker is None or marker.evaluate(environment)


def pins(lock: str) -> list[Pin]:
    """Return what a lock lists.

    Examples
    --------
    >>> [one] = pins("numpy==2.4.6 ; python_version < '3.12' --hash=sha256:0a --hash=sha256:0b")
    >>> one.key, sorted(one.hashes)
    ('numpy==2.4.6', ['0a', '0b'])
    """
    lines = lock.replace("\\\n", " ").splitlines()
    listed = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return [_pin(line) for line in listed]


def _pin(line: str) -> Pin:
    requirement, *hashes = line.split("--hash=sha256:")
    return Pin(Requirement(requirement), frozenset(one.strip() for one in hashes))


def metadata(locked: list[Pin]) -> dict[str, dict[str, Any]]:
    """Return what the index says of each locked version, by its key."""
    found: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        wanted = {one.key: one for one in locked if one.on(target.environment())}
        for key, requires, wheel in _described(target, wanted):
            entry = found.setdefault(key, {**requires, "wheels": []})
            if {**entry, **requires} != entry:
                raise SystemExit(f"{wheel} requires something else than {entry['wheels'][0]}")
            entry["wheels"] = sorted({*entry["wheels"], wheel})
    return dict(sorted(found.items()))


def _described(target: Target, wanted: dict[str, Pin]) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the key of each version, what it requires, and the wheel that pip takes of it."""
    for one in _report(target, list(wanted)):
        about, source = one["metadata"], one["download_info"]
        key = f"{canonicalize_name(about['name'])}=={about['version']}"
        wheel = source["url"].rpartition("/")[2]
        if source["archive_info"]["hashes"]["sha256"] not in wanted[key].hashes:
            raise SystemExit(f"the lock does not have the hash of {wheel}")
        python = SpecifierSet(about.get("requires_python", ""))
        requires = sorted(str(Requirement(text)) for text in about.get("requires_dist", ()))
        yield key, {"python": str(python), "requires": requires}, wheel


def _report(target: Target, wanted: list[str]) -> list[dict[str, Any]]:
    platforms = [f"--platform={name}" for name in target.platforms]
    options = ["--no-deps", "--only-binary=:all:", f"--python-version={target.python}", *platforms]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--report=-"]
        command += [f"--target={folder}", *options, *wanted]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603
    installed: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return installed


def written(found: dict[str, dict[str, Any]]) -> str:
    """Return metadata as text, a line for each version.

    Examples
    --------
    >>> print(written({"a==1": {"python": ">=3"}, "b==2": {}}), end="")
    {
    "a==1": {"python": ">=3"},
    "b==2": {}
    }
    """
    lines = [f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in found.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write the metadata of everything that is locked."""
    found = metadata(pins(DEV.read_text(encoding="utf-8")))
    METADATA.write_text(written(found), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

"""Set-up: what it refuses, what it leaves alone, and that newer versions change nothing about it.

pip 23, which Debian 12 and Python 3.11 bring, fails on a lock with hashes as soon as something that
is needed with an extra has a newer version than the lock's; pip 24 does not. So that this is tried
on every Python, whatever pip comes with it, pip 23.2.1 is in the lock of what develops gridgeo: it
replaces the pip of .venv, and of nothing that users set up.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path):
    """Return a folder with the scripts and two locks."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / lock).write_text(lock)
    return tmp_path


def set_up(clone, *arguments, python="3.12", installed=None, called="python"):
    """Run scripts/setup with a stand-in for Python, where `installed` is set up on 3.12 already."""
    interpreters = {clone / "python": python, clone / ".venv" / "bin" / "python": "3.12"}
    for path, said in interpreters.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {said}\n")
        path.chmod(0o755)
    if installed:
        (clone / ".venv" / "installed").write_text(f"{clone}\n{installed}")
    command = [str(clone / "scripts" / "setup"), *arguments]
    there = {**os.environ, "PYTHON": str(clone / called)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=there)


def test_a_python_for_which_there_are_no_wheels_is_refused(clone):
    told = set_up(clone, python="3.14")
    assert told.returncode == 1
    assert f"gridgeo needs Python 3.11, 3.12 or 3.13; {clone}/python is 3.14" in told.stderr
    assert "PYTHON=/path/to/python3.13" in told.stderr


def test_a_python_that_is_not_there_is_reported(clone):
    told = set_up(clone, called="no-such-python")
    assert told.returncode == 1
    assert "no-such-python is not found" in told.stderr


@pytest.mark.parametrize(
    ("installed", "arguments", "python", "left_alone"),
    [
        ("requirements.lock", [], "3.12", True),
        ("requirements.lock", ["dev"], "3.12", False),
        ("requirements-dev.lock", ["dev"], "3.12", True),
        ("requirements-dev.lock", [], "3.12", True),
        ("requirements-dev.lock", [], "3.13", False),
        ("an older lock", [], "3.12", False),
        (None, [], "3.12", False),
    ],
)
def test_what_is_up_to_date_is_left_alone(clone, installed, arguments, python, left_alone):
    told = set_up(clone, *arguments, python=python, installed=installed)
    assert ("Setting up .venv" not in told.stdout) == left_alone
    assert (clone / ".venv" / "installed").exists()


def wheel(folder: Path, name: str, number: str, *fields: str) -> str:
    """Write a wheel with one module; return its line in a lock."""
    about = f"{name}-{number}.dist-info"
    head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {number}", *fields]
    files = {
        f"{name}.py": "",
        f"{about}/METADATA": "\n".join([*head, ""]),
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
    path = folder / f"{name}-{number}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
    return f"{name}=={number} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def index(tmp_path):
    """Return a folder with a lock of version 1 of three packages, and version 2 beside each."""
    locked = ""
    for number in ("1.0", "2.0"):
        lines = [
            wheel(tmp_path, "tests", number, "Requires-Dist: cover[toml]>=1"),
            wheel(
                *(tmp_path, "cover", number, "Provides-Extra: toml"),
                "Requires-Dist: reader>=1; extra == 'toml'",
            ),
            wheel(tmp_path, "reader", number),
        ]
        locked = locked or "".join(lines)
    (tmp_path / "lock").write_text(locked)
    return tmp_path


@pytest.fixture
def pip(index):
    """Return how a command is run whose pip installs into an empty environment, from the index."""
    venv.create(index / "venv")
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PIP_")}
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": os.devnull}
    into = {"PIP_PYTHON": str(index / "venv" / "bin" / "python")}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=clean | offline | into
        )

    return run


def test_set_up_installs_the_locked_versions_where_there_are_newer_ones(index, pip):
    done = pip(str(ROOT / "scripts" / "install"), sys.executable, "-r", str(index / "lock"))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    listed = pip(sys.executable, "-m", "pip", "list", "--format=freeze").stdout.split()
    assert listed == ["cover==1.0", "reader==1.0", "tests==1.0"]
    assert pip(sys.executable, "-m", "pip", "check").returncode == 0


def test_a_lock_that_lacks_a_package_is_noticed(index, pip):
    """But for what an extra needs, at which pip does not look: tests/test_locks.py does."""
    lines = (index / "lock").read_text().splitlines()
    (index / "lock").write_text("\n".join(line for line in lines if "cover" not in line))
    done = pip(str(ROOT / "scripts" / "install"), sys.executable, "-r", str(index / "lock"))
    assert done.returncode == 0, done.stderr
    told = pip(sys.executable, "-m", "pip", "check")
    assert (told.returncode, told.stdout) == (
        1,
        "tests 1.0 requires cover, which is not installed.\n",
    )


def test_pip_23_resolves_where_it_is_given_hashes_alone_and_fails(index, pip):
    assert version("pip").startswith("23.")
    command = (
        sys.executable,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "-r",
        str(index / "lock"),
    )
    told = pip(*command)
    assert told.returncode == 1
    assert "all requirements must have their versions pinned" in told.stderr
    assert "cover[toml]>=1 from" in told.stderr
    for newer in index.glob("*-2.0-*.whl"):
        newer.unlink()
    assert pip(*command).returncode == 0

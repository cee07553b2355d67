"""Newer versions beside the locked ones change nothing about set-up.

pip 23, which Debian 12 and Python 3.11 bring, fails on a lock with hashes as soon as something that
is needed with an extra has a newer version than the lock's; pip 24 does not. So that this is tried
on every Python, whatever pip comes with it, pip 23.2.1 is in the lock of what develops gridgeo: it
replaces the pip of .venv, and of nothing that users set up.
"""

import hashlib
import os
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


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

"""The distribution is gridgeo-partition; another project's is named gridgeo."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.config import distribution

ROOT = Path(__file__).parents[1]
OF_OTHER = "Metadata-Version: 2.1\nName: gridgeo\nVersion: 1.6.0\n"
TEXTS = sorted(
    path
    for folder in ("benchmarks", "docs", "gridgeo", "notebooks", "scripts", "tests", ".")
    for path in (ROOT / folder).glob("*" if folder == "." else "**/*")
    if path.suffix in {".py", ".md", ".ipynb", ".js", ""}
    if path.is_file() and path != Path(__file__)
)


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == distribution._NAME
    told = CliRunner().invoke(app, ["--version"])
    assert (told.exit_code, told.stdout) == (0, f"gridgeo {project['version']}\n")
    assert distribution.gridgeo_version() == version("gridgeo-partition") == project["version"]


def started(*path):
    """Start the command where `path` is searched for packages, too."""
    code = "import sys; sys.path += sys.argv[1:]; sys.argv[1:] = ['--version']"
    command = f"{code}; from gridgeo.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", command, *map(str, path)],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    "form", ["gridgeo-1.6.0.dist-info/METADATA", "gridgeo-1.6.0.egg-info/PKG-INFO"]
)
def test_where_the_other_project_is_installed_too_the_command_warns(tmp_path, form):
    about = tmp_path / form
    about.parent.mkdir()
    about.write_text(OF_OTHER)
    told = started(tmp_path)
    assert told.stdout == f"gridgeo {distribution.gridgeo_version()}\n"
    chinese, english = told.stderr.splitlines()
    assert english.startswith("Warning: gridgeo 1.6.0, a package of another project")
    assert chinese.startswith("警告：此环境中还装有另一个项目的软件包 gridgeo 1.6.0")
    for line in (chinese, english):
        assert "pip uninstall gridgeo" in line
        assert "--force-reinstall --no-deps" in line
        assert f"gridgeo_partition-{distribution.gridgeo_version()}-py3-none-any.whl" in line


def test_without_it_nothing_is_said_and_no_metadata_are_read(tmp_path):
    assert started(tmp_path).stderr == ""
    code = (
        "import sys; from gridgeo.config import conflict; conflict();"
        "print('importlib.metadata' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


def test_nothing_advises_to_install_it_from_the_public_index():
    advice = re.compile(r"pip install[^\n`]*?\bgridgeo(-partition)?(?![\w.-])[^\n`]*")
    found = [
        f"{path.relative_to(ROOT)}: {one[0]}"
        for path in TEXTS
        for one in advice.finditer(path.read_text(encoding="utf-8"))
        if "--no-index" not in one[0]
    ]
    assert found == []

"""The pages under docs and the READMEs: links lead somewhere, commands and settings are real."""

import pydoc
import re
import shlex
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.main import get_command

from gridgeo.cli import app
from gridgeo.config.settings_file import _settings_from

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def fences(page, *kinds):
    return [text for kind, text in FENCE.findall(page.read_text("utf-8")) if kind in kinds]


def commands(page):
    """Every `gridgeo` command of a page, in a fence or in the text, as words."""
    whole = page.read_text("utf-8")
    lines = [
        line.split(" #")[0].removeprefix("$ ")
        for text in fences(page, "", "sh", "powershell", "bat")
        for line in text.replace("\\\n", " ").replace("^\n", " ").splitlines()
    ]
    lines += re.findall(r"`(gridgeo [^`\n]+)`", FENCE.sub("", whole))
    for line in lines:
        words = shlex.split(line.strip().replace("[", "").replace("]", ""), posix=True)
        if words and words[0] == "gridgeo":
            yield words[1:]


def anchors(page):
    for line in FENCE.sub("", page.read_text("utf-8")).splitlines():
        if line.startswith("#"):
            kept = re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower())
            yield kept.replace(" ", "-")


@by_page
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text("utf-8"))):
        if target.startswith(("http:", "https:")):
            continue
        path, _, anchor = unquote(target).partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        assert not anchor or anchor in set(anchors(other)), target


@by_page
def test_commands_and_options_are_those_of_the_command_line(page):
    known = get_command(app).commands
    for words in commands(page):
        if words[0].startswith("-"):
            continue
        assert words[0] in known, words
        command = known[words[0]]
        if len(words) > 1 and hasattr(command, "commands"):
            assert words[1] in command.commands, words
            command = command.commands[words[1]]
        options = {name for option in command.params for name in option.opts} | {"--help"}
        for word in words[1:]:
            assert not word.startswith("--") or word.partition("=")[0] in options, words


@by_page
def test_settings_are_those_of_the_settings_file(page):
    for text in fences(page, "toml"):
        _settings_from(tomllib.loads(text))


@by_page
def test_python_is_python(page):
    for text in fences(page, "python"):
        if "reference" not in page.parts:
            compile(text, str(page), "exec")


@by_page
def test_scripts_and_tests_that_are_named_are_there(page):
    text = page.read_text("utf-8")
    named = re.findall(r"\b((?:scripts|tests|benchmarks)/[\w/]+(?:\.py)?)\b", text)
    named += [
        f"{module.replace('.', '/')}.py"
        for module in re.findall(r"-m ((?:scripts|benchmarks)\.\w+)", text)
    ]
    assert [name for name in named if not (ROOT / name).exists()] == []


@by_page
def test_names_of_the_package_are_there(page):
    for name in sorted(set(re.findall(r"`(gridgeo(?:\.\w+)+)", page.read_text("utf-8")))):
        parent, _, last = name.rpartition(".")
        if last != "toml":
            fields = getattr(pydoc.locate(parent), "__annotations__", {})
            assert pydoc.locate(name) is not None or last in fields, name

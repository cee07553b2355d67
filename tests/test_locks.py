"""The locks list all that is needed, and each of it has a wheel: proved without network."""

import doctest
import json
import tomllib
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename

from scripts import locks
from scripts.locks import DEV, METADATA, ROOT, RUN, TARGETS, Target, pins, written

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {path.name: pins(path.read_text(encoding="utf-8")) for path in (RUN, DEV)}
ABOUT = json.loads(METADATA.read_text(encoding="utf-8"))
PATCHES = (0, 99)  # markers may name a patch: python_full_version <= "3.11.2"

each_lock = pytest.mark.parametrize("lock", LOCKS)
each_target = pytest.mark.parametrize(
    "target", TARGETS, ids=lambda one: f"{one.python}-{one.system}"
)


def group(name: str) -> Iterator[str]:
    """Yield what a dependency group of pyproject.toml asks for."""
    for item in PROJECT["dependency-groups"][name]:
        if isinstance(item, dict):
            yield from group(item["include-group"])
        else:
            yield item


def wanted(lock: str) -> list[Requirement]:
    """Return what pyproject.toml asks of a lock."""
    groups = [*group("build"), *(group("dev") if lock == DEV.name else ())]
    texts = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"], *groups]
    return [Requirement(text) for text in texts]


def unmet(roots, locked, about, target: Target, patch: int) -> list[str]:
    """Return what is needed there and not in the lock, followed from `roots` through extras."""
    here = {one.name: one for one in locked if one.on(target.environment(patch))}
    todo = [("pyproject.toml", one) for one in roots]
    seen, missing = set(), []
    while todo:
        who, need = todo.pop()
        found = here.get(canonicalize_name(need.name))
        if found is None or not need.specifier.contains(found.version, prereleases=True):
            missing.append(f"{who} needs {need}")
            continue
        for extra in {"", *need.extras} - {extra for name, extra in seen if name == found.name}:
            seen.add((found.name, extra))
            needs = map(Requirement, about[found.key]["requires"])
            there = target.environment(patch, extra)
            todo += [(found.key, n) for n in needs if n.marker is None or n.marker.evaluate(there)]
    return sorted(set(missing))


def wheels(about: dict, target: Target) -> list[str]:
    """Return the wheels of a version that run there."""
    if not SpecifierSet(about["python"]).contains(f"{target.python}.0"):
        return []
    return [name for name in about["wheels"] if parse_wheel_filename(name)[3] & target.tags]


@each_lock
@each_target
@pytest.mark.parametrize("patch", PATCHES)
def test_everything_needed_is_locked_through_extras_and_markers(lock, target, patch):
    assert unmet(wanted(lock), LOCKS[lock], ABOUT, target, patch) == []


@each_lock
@each_target
def test_everything_locked_has_a_wheel(lock, target):
    here = [one for one in LOCKS[lock] if one.on(target.environment())]
    assert [one.key for one in here if not wheels(ABOUT[one.key], target)] == []


def test_the_python_versions_are_those_that_are_proved():
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    assert {one.python for one in TARGETS} == {
        version for version in (f"3.{minor}" for minor in range(30)) if version in allowed
    }


def test_whoever_develops_runs_what_users_run():
    run, dev = ({str(one.requirement): one.hashes for one in LOCKS[name]} for name in LOCKS)
    assert run.items() <= dev.items()


def test_the_metadata_are_those_of_the_locks():
    listed = {
        one.key
        for one in LOCKS[DEV.name]
        if any(one.on(target.environment()) for target in TARGETS)
    }
    assert set(ABOUT) == listed
    assert METADATA.read_text(encoding="utf-8") == written(dict(sorted(ABOUT.items())))


@pytest.mark.parametrize("path", [RUN, DEV, METADATA], ids=lambda one: one.name)
def test_no_index_is_named(path):
    assert "://" not in path.read_text(encoding="utf-8")


def test_what_only_an_extra_or_a_windows_needs_is_missed():
    about = {
        "tests==1": {"requires": ["cover[toml]>=1"]},
        "cover==1": {
            "requires": [
                "reader; extra == 'toml'",
                "colour; sys_platform == 'win32'",
                "no; extra == 'no'",
            ]
        },
    }
    locked = pins("tests==1 --hash=sha256:0\ncover==1 --hash=sha256:0\n")
    linux, windows = (
        unmet([Requirement("tests")], locked, about, Target(python="3.12", system=system), 0)
        for system in ("Linux", "Windows")
    )
    assert linux == ['cover==1 needs reader; extra == "toml"']
    assert windows == ['cover==1 needs colour; sys_platform == "win32"', *linux]
    old = pins("tests==1 --hash=sha256:0\ncover==0.9 --hash=sha256:0\n")
    assert unmet([Requirement("tests")], old, about, TARGETS[0], 0) == [
        "tests==1 needs cover[toml]>=1"
    ]


@pytest.mark.parametrize(
    ("wheel", "runs"),
    [
        ("a-1-py3-none-any.whl", ["3.11 Linux", "3.11 Windows", "3.13 Linux", "3.13 Windows"]),
        ("a-1-cp39-abi3-win_amd64.whl", ["3.11 Windows", "3.13 Windows"]),
        ("a-1-cp313-cp313-manylinux_2_28_x86_64.whl", ["3.13 Linux"]),
        ("a-1-cp313-cp313-manylinux_2_39_x86_64.whl", []),
        ("a-1-cp313-cp313t-win_amd64.whl", []),
        ("a-1-cp312-abi3-manylinux1_x86_64.manylinux_2_5_x86_64.whl", ["3.13 Linux"]),
        ("a-1-cp311-cp311-musllinux_1_2_x86_64.whl", []),
    ],
)
def test_where_a_wheel_runs(wheel, runs):
    about = {"python": ">=3.8", "wheels": [wheel]}
    targets = [one for one in TARGETS if one.python != "3.12"]
    assert [f"{one.python} {one.system}" for one in targets if wheels(about, one)] == runs
    assert wheels({**about, "python": ">=3.14"}, TARGETS[0]) == []


def test_the_examples_of_the_script_run():
    failed, tried = doctest.testmod(locks)
    assert tried
    assert not failed

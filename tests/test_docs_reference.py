"""The pages of docs/reference say what the code says today."""

from importlib import import_module

import pytest

from gridgeo.config import Codes
from gridgeo.validate import CHECKS, validate
from scripts.reference.checks import severities
from scripts.reference.town import LIMITS, broken_town
from scripts.write_reference import FOLDER, pages

HINT = "the code has changed: python -m scripts.write_reference"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return pages(tmp_path_factory.mktemp("folders"))


def test_the_committed_pages_are_those_of_the_code(written):
    there = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*.md")}
    assert set(there) == set(written), HINT
    stale = [name for name, text in written.items() if there[name].read_text("utf-8") != text]
    assert stale == [], HINT


def test_every_check_has_an_example_of_a_severity_that_it_is_said_to_have():
    told = validate(broken_town(), band=LIMITS, codes=Codes())
    for check in CHECKS:
        given = {finding.severity for finding in told if finding.rule == check.__name__}
        assert given, check.__name__
        assert given <= set(severities(check)), check.__name__


def test_what_can_be_imported_is_on_a_page(written):
    for module in ("gridgeo", "gridgeo.adjust", "gridgeo.codes", "gridgeo.validate"):
        page = written[f"python/{module.rpartition('.')[2]}.md"]
        names = import_module(module).__all__
        assert [name for name in names if f"\n### `{name}`\n" not in page] == [], module
    assert "\n### `BandedRegions`\n" in written["python/partition.md"]

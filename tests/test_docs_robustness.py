"""docs/robustness.md: every test on it is there, and every row of its tables names one."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")
TESTS = {
    name
    for path in (ROOT / "tests").glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}
ROWS = [line for line in TEXT[: TEXT.index("## Fuzzing")].splitlines()
        if re.match(r"\| (?!---|kind|row)", line)]  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", TEXT))))
def test_every_test_is_there(name):
    assert name in TESTS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:40])
def test_every_row_names_a_test(row):
    assert re.search(r"`test_\w+`", row)


def test_the_seventy_rows_are_all_there():
    numbers = [int(row[2:].split(" ")[0]) for row in ROWS if re.match(r"\| \d+ \|", row)]
    assert numbers == list(range(1, 71))

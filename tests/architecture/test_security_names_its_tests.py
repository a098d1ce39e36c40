"""docs/security.md answers every requirement: by a test that exists, or by saying what is missing."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| V\d", line)]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_requirement_is_answered_by_tests_that_exist_or_by_what_is_missing(row: list[str]) -> None:
    _, asked, named, missing = row
    tests = re.findall(r"`([^`]+)`", named)
    assert asked
    assert tests or missing
    for test in tests:
        file, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), test


def test_nothing_of_the_standards_chapters_that_concern_us_is_left_out() -> None:
    chapters = {int(number) for row in ROWS for number in re.findall(r"V(\d+)\.", row[0])}
    # 17 is about calls by WebRTC, which there are none of.
    assert chapters == set(range(1, 17))

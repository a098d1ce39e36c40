"""Where the rules name a test, there is one."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_rules_name_exists() -> None:
    named = {
        (page.name, name)
        for page in (ROOT / "docs" / "rules").glob("*.md")
        for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))
    }
    written = {
        name for file in (ROOT / "tests").rglob("test_*.py") for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert ("escalation.md", "test_no_level_is_skipped_without_a_recorded_deviation") in named
    assert sorted((page, name) for page, name in named if name not in written) == []

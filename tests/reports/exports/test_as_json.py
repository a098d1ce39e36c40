"""The machine's copy."""

import json
from pathlib import Path

from reports.exports import as_json
from tests.reports.exports.hostile import TEXTS, hostile_document
from tests.reports.golden import ANEW, golden, small_document


def test_the_small_quarter_gives_the_golden_pack_byte_for_byte(tmp_path: Path) -> None:
    [path] = as_json.write(small_document(), tmp_path)
    assert path.name == "pack-2016Q1.json"
    assert path.read_bytes() == golden(path.name), ANEW


def test_keys_are_sorted_and_the_file_ends_with_a_line_break(tmp_path: Path) -> None:
    text = as_json.write(small_document(), tmp_path)[0].read_text(encoding="utf-8")
    assert text.endswith("}\n")
    content = json.loads(text)
    assert list(content) == sorted(content)
    assert content["period"] == {"start": "2016-01-01T00:00:00Z", "end": "2016-04-01T00:00:00Z", "end_included": False}
    assert content["population"].startswith("Incidents opened in the period")
    assert content["tables"]["incidents"]["columns"][6] == {"key": "opened_at", "title": "Opened", "type": "datetime", "unit": "UTC"}


def test_hostile_texts_come_back_as_they_were(tmp_path: Path) -> None:
    content = json.loads(as_json.write(hostile_document(), tmp_path)[0].read_bytes())
    titles = [row[1] for row in content["tables"]["incidents"]["rows"]]
    assert set(TEXTS) - set(titles) == {"\x00\x01\x1b[31m"}

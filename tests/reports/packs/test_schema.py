"""The published schema of the JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reports.document import ReportDocument
from reports.exports import as_json
from reports.packs.build import build
from reports.packs.provenance import Origin, with_origin
from reports.packs.quarters import Progress, Quarter
from reports.packs.schema import SCHEMA, published
from tests.reports.exports.hostile import hostile_document
from tests.reports.golden import small_document

PAGE = Path(__file__).resolve().parents[3] / "docs" / "pack.schema.json"
CHECK = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def frozen_document() -> ReportDocument:
    return with_origin(small_document(), Origin("0" * 64, 2, datetime(2016, 4, 2, tzinfo=UTC), "Late entries."))


def empty_document() -> ReportDocument:
    return build(Quarter(1999, 4), [], progress=Progress.OVER, last_event_at=None)


def plain(document: ReportDocument, folder: Path) -> Any:
    return json.loads(as_json.write(document, folder)[0].read_bytes())


def test_the_published_schema_is_fresh() -> None:
    assert PAGE.read_bytes() == published(), "Run 'python -m reports.packs.schema > docs/pack.schema.json'."
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("make", [small_document, hostile_document, frozen_document, empty_document])
def test_every_pack_keeps_to_it(make: Any, tmp_path: Path) -> None:
    assert [error.message for error in CHECK.iter_errors(plain(make(), tmp_path))] == []


@pytest.mark.parametrize(
    "wrong", [{"quarter": "2016"}, {"metrics": {}}, {"frozen": {"sha256": "0"}}, {"progress": "done"}, {"tables": {"x": {}}}, {"more": 1}]
)
def test_what_is_no_pack_does_not(wrong: dict[str, Any], tmp_path: Path) -> None:
    assert list(CHECK.iter_errors({**plain(replace(small_document()), tmp_path), **wrong}))

"""Every type of event is in the catalogue, and the page of the catalogue says the same."""

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from audit.events.catalogue import KINDS, Kind, as_document, example, kind_of, kinds, schema

HOME = Path(__file__).parents[3]
PAGE = HOME / "docs" / "events.md"
# What opens a frame, or is told alone, with the type in so many letters.
SAID = re.compile(
    r"""(?:\bact|\["act"\]|\bAct|\bverb|\btell|\btell_reading|\btell_search|\b_note|\.verb(?:,\s*running\.details(?:\["\w+"\])?)?\s*=)\s*\(?\s*"""
    r""""([a-z_]+\.[a-z_]+)\""""
)
REFRESH = "Run 'python manage.py list_events --markdown > docs/events.md'."


def said_in_the_code() -> Iterator[tuple[str, str]]:
    for app in ("portal", "audit", "policies", "incidents", "reports"):
        for file in (HOME / app).rglob("*.py"):
            if "migrations" not in file.parts:
                for found in SAID.finditer(file.read_text(encoding="utf-8")):
                    yield found.group(1), str(file.relative_to(HOME))


def test_every_type_that_the_code_names_is_in_the_catalogue() -> None:
    missing = sorted({f"{name} ({file})" for name, file in said_in_the_code() if name not in kinds() and kind_of(name) is None})
    assert missing == [], "Say in audit/events/catalogue.txt what these events mean."


def test_the_search_for_types_finds_them_however_they_are_written() -> None:
    found = {name for name, _ in said_in_the_code()}
    assert {
        "incident.acknowledged",
        "incident.acknowledged_too",
        "duty_swap.lapsed",
        "trail.searched",
        "contactpoint.code_refused",
    } <= found
    assert len(found) > 130


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.type)
def test_an_entry_of_the_catalogue_is_whole(kind: Kind) -> None:
    assert kind.meaning.endswith(".")
    assert set((kind.details | kind.decision).values()) <= set(KINDS)
    shown, form = example(kind), schema(kind)
    for part in ("details", "decision"):
        assert set(shown.get(part, {})) == set(form["properties"].get(part, {}).get("properties", {}))
    file, _, name = kind.test.partition("::")
    assert name, f"Name the test that makes {kind.type}; EVENTS_SEEN=FILE writes down which test makes what (tests/emitted.py)."
    assert re.search(rf"^def {re.escape(name.partition('[')[0])}\(", (HOME / file).read_text(encoding="utf-8"), re.MULTILINE), kind.test


def test_the_page_of_the_catalogue_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_document(), REFRESH


def test_the_command_lists_types_and_schemas() -> None:
    plain, schemas = StringIO(), StringIO()
    call_command("list_events", stdout=plain)
    call_command("list_events", "--schemas", stdout=schemas)
    assert "incident.acknowledged" in plain.getvalue()
    assert '"const": "incident.acknowledged"' in schemas.getvalue()

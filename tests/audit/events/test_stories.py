"""What the trail says changed: documents, times and choices in words."""

from typing import Any

from django.utils import timezone

from audit.events.stories import changes_of, particulars_of

HASH = "5c22" * 16


def _change(after: dict[str, Any]) -> dict[str, Any]:
    change = {"model": "policies.policyversion", "pk": "1", "repr": "Payments v1", "kind": "changed", "before": {}, "after": after}
    return {"changes": [change]}


def _said(after: dict[str, Any]) -> dict[str, str]:
    return {field.field: field.after for field in changes_of(_change(after))[0].fields}


def test_a_document_where_a_word_was_expected_is_still_told() -> None:
    assert _said({"state": {"a": 1}}) == {"State": '{"a": 1}'}


def test_a_long_document_is_cut_and_says_where_the_rest_is() -> None:
    said = _said({"content": {"levels": ["first line"] * 500}})["Content"]
    assert len(said) < 400
    assert said.endswith("in full in the record below)")


def test_a_time_is_written_for_the_reader() -> None:
    assert _said({"submitted_at": "2026-05-06T01:17:22.768023Z"}) == {"Submitted at": "6 May 2026, 01:17:22 UTC"}


def test_a_choice_is_its_word() -> None:
    assert _said({"state": "submitted"}) == {"State": "waiting for approval"}


def test_times_among_the_particulars_are_told_by_the_readers_clock() -> None:
    told = {"details": {"until": "2026-03-02T09:00:00.123456+00:00", "plain": "2026-03-02", "odd": "2026-99-02T09:00:00Z"}}
    with timezone.override("Europe/Madrid"):
        shown = dict(particulars_of(told))
    assert shown == {"Until": ["2 Mar 2026, 10:00:00 CET"], "Plain": ["2026-03-02"], "Odd": ["2026-99-02T09:00:00Z"]}

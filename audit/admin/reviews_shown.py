"""Entries, progress and what a review looks at, as its pages show them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.ledger.models import LedgerEvent
from audit.models import ReviewItem, ReviewPeriod
from audit.reading.showing import Shown, shown_all
from audit.reviews.habits import unusual_of
from audit.reviews.queries import Progress
from audit.reviews.states import MARK_WORDS, Mark, PeriodState, why_not_judge
from portal.foundation import words
from portal.foundation.adminkit.moments import moment

LOOKS = {PeriodState.SIGNED: "done", PeriodState.CLOSED: "open", PeriodState.OPEN: "open"}
STATE_WORDS = {
    PeriodState.DRAWING: "being opened",
    PeriodState.OPEN: "open",
    PeriodState.CLOSED: "to be signed",
    PeriodState.SIGNED: "signed",
}
MOST_CHANGES = 12


def entries_shown(items: Sequence[ReviewItem], reader: Any, now: datetime) -> list[dict[str, Any]]:
    """Each entry as one line and in full. As many queries however many they are."""
    events = LedgerEvent.objects.in_bulk([item.event for item in items])
    there = [events[item.event] for item in items if item.event in events]
    opened = dict(zip([event.pk for event in there], shown_all(there, reader), strict=True))
    hints = unusual_of(there)
    return [_entry(item, opened.get(item.event), hints.get(item.event, ()), reader, now) for item in items]


def _entry(item: ReviewItem, opened: Shown | None, hints: tuple[str, ...], reader: Any, now: datetime) -> dict[str, Any]:
    local = timezone.localtime(item.recorded_at)
    line = opened.line if opened else None
    return {
        "item": item,
        "id": item.pk,
        "at": f"{local.day} {local:%b, %H:%M}",
        "when": moment(item.recorded_at, now),
        "gone": opened is None,
        "line": line,
        "told": f"{line.did} {line.what}".strip() if line else "An entry that was removed with leave since; its hash stays.",
        "changes": opened.changes[:MOST_CHANGES] if opened else (),
        "more_changes": max(len(opened.changes) - MOST_CHANGES, 0) if opened else 0,
        "particulars": opened.particulars if opened else (),
        "unusual": hints,
        "mark": item.mark,
        "mark_words": MARK_WORDS[item.mark],
        "refusal": why_not_judge(str(reader.pk), actor=item.actor, behalf=item.behalf, about=item.about),
    }


def state_badge(period: ReviewPeriod, now: datetime) -> SafeString:
    """The state in words with a colour behind it; overdue before all else."""
    if not period.is_signed and period.due_at <= now:
        return format_html(
            '<span class="ak-badge ak-badge-late">{}, {}</span>', STATE_WORDS[PeriodState(period.state)], late_words(period, now)
        )
    state = PeriodState(period.state)
    return format_html('<span class="ak-badge ak-badge-{}">{}</span>', LOOKS.get(state, "open"), STATE_WORDS[state])


def late_words(period: ReviewPeriod, now: datetime) -> str:
    """'overdue by 3 days'."""
    late = now - period.due_at
    return f"overdue by {words.counted(late.days, 'day')}" if late.days else "overdue since today"


def progress_words(found: Progress, drawn: int) -> str:
    """'142 of 200 judged'; of nothing, 'nothing to judge'."""
    return f"{found.judged:,} of {drawn:,} judged" if drawn else "nothing to judge"


def oldest_words(found: Progress, now: datetime) -> str:
    """How old the first entry is that nobody has judged: '3 days', '5 h'; a dash when there is none."""
    if found.oldest is None:
        return "–"
    age = max(now - found.oldest, timedelta())
    return words.counted(age.days, "day") if age.days else words.duration(timedelta(minutes=age // timedelta(minutes=1)))


def marks_shown(marks: dict[str, int]) -> list[tuple[str, int]]:
    """Words and numbers, in one order, without those that do not occur."""
    return [(MARK_WORDS[mark], marks[mark]) for mark in (Mark.REVIEWED, Mark.FALSE_ALARM, Mark.FOLLOW_UP, Mark.NONE) if marks.get(mark)]

"""How the ledger stands, in one line: colour and words, and what to do where something is wrong."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from audit.evidence.standing import Standing
from portal.foundation import words
from portal.foundation.adminkit.moments import zone_name

START = "Ask whoever runs the portal to start the sealer ('python manage.py sealer') and to read its log. Nothing is lost meanwhile."


@dataclass(frozen=True, slots=True)
class SealLine:
    """`word` says in one word what `look` says in colour; `said` is the line, `wrong` what is wrong and what to do, a line each."""

    look: Literal["good", "warning", "error"]
    word: str
    said: SafeString
    wrong: tuple[str, ...] = ()


def seal_line(standing: Standing) -> SealLine:
    """The worst there is to say."""
    sealed_to = _sealed_to(standing)
    if standing.word == "Alarm":
        return SealLine("error", standing.word, sealed_to, standing.seal.alarms)
    if standing.word == "Not sealed":
        waits = words.counted(standing.seal.waiting, "event waits", "events wait")
        wrong = (f"The sealer has signed nothing yet. {START}",) if standing.is_behind else ()
        return SealLine("warning", standing.word, format_html("Nothing is sealed yet; {}.", waits), wrong)
    if standing.word == "Behind":
        return SealLine("error", standing.word, sealed_to, (_behind(standing),))
    if standing.word == "Anchor fails":
        return SealLine("warning", standing.word, sealed_to, (*_failing(standing), *_misnamed(standing)))
    return SealLine("good", standing.word, sealed_to)


def clock_time(at: datetime, now: datetime, *, seconds: bool = True) -> SafeString:
    """'14:05:32 CET', with its day unless that is today, and UTC on hover."""
    local, today = timezone.localtime(at), timezone.localtime(now)
    day = "" if local.date() == today.date() else f"{local.day} {local:%b %Y}, "
    shown = f"{day}{local:%H:%M:%S}" if seconds else f"{day}{local:%H:%M}"
    utc = at.astimezone(UTC)
    return format_html('<time datetime="{}" title="{} UTC">{} {}</time>', utc.isoformat(), f"{utc:%Y-%m-%d %H:%M:%S}", shown, zone_name(at))


def _sealed_to(standing: Standing) -> SafeString:
    seal, now = standing.seal, standing.now
    if seal.at is None:
        return mark_safe("Nothing is sealed yet.")
    entries = words.counted(seal.size, "entry", "entries")
    return format_html("Sealed to {} ({}), {}.", clock_time(seal.at, now), entries, _anchored(standing))


def _anchored(standing: Standing) -> SafeString:
    if not standing.places:
        return mark_safe("anchored nowhere outside")
    if standing.anchored_at is None:
        return format_html("anchored at none of {}", words.counted(len(standing.places), "place"))
    when = clock_time(standing.anchored_at, standing.now, seconds=False)
    return format_html("anchored {} at {} of {}", when, len(standing.well), words.counted(len(standing.places), "place"))


def _behind(standing: Standing) -> str:
    seal = standing.seal
    if seal.waiting_since is None:
        return f"The sealer gave no sign since then, though it writes an event every minute. {START}"
    waits = words.counted(seal.waiting, "event waits", "events wait")
    return f"{waits}, the oldest for {words.duration(seal.behind(standing.now))}. {START}"


def _failing(standing: Standing) -> list[str]:
    """An error mostly begins with the name of its place."""
    errors = [(place.name, place.error.rstrip(".")) for place in standing.failing]
    said = [error if error.startswith(name) else f"{name}: {error}" for name, error in errors]
    return [f"{each}. It is tried again; what is sealed stays provable." for each in said]


def _misnamed(standing: Standing) -> list[str]:
    return [f"LEDGER_ANCHORS: {each} Ask whoever runs the portal to put it right." for each in standing.misnamed]

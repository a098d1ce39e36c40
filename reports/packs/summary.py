"""The pack in words: what a reader with one minute takes away."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from reports.document import duration_in_words, number_in_words
from reports.metrics.facts import IncidentFact
from reports.metrics.statistics import share_of

from .quarters import Progress, Quarter

# A gap at an end of the quarter that is longer than this looks like missing data and is pointed out.
UNUSUAL_GAP = timedelta(days=7)


def summary_of(
    quarter: Quarter,
    facts: Sequence[IncidentFact],
    metrics: Mapping[str, Any],
    coverage: Mapping[str, Any],
    progress: Progress = Progress.OVER,
) -> tuple[str, ...]:
    """The sentences of the summary, a paragraph each."""
    if not facts and progress is Progress.RUNNING:
        return (f"No incident was opened in the {quarter.words} so far. {_runs_until(quarter)}",)
    if not facts:
        return (f"No incident was opened in the {quarter.words}. The pack is complete, and empty.",)
    paragraphs = [
        _volume(quarter, facts, metrics, progress),
        _quality(metrics, coverage["sla_unknown"]),
        _speed(
            "acknowledged",
            ("was never acknowledged", "were never acknowledged"),
            metrics["time_to_acknowledge_seconds"],
            coverage["never_acknowledged"],
        ),
        _speed(
            "resolved",
            ("has no time of resolution", "have no time of resolution"),
            metrics["time_to_resolve_seconds"],
            coverage["unresolved"],
        ),
        _services(metrics),
        _links(metrics),
    ]
    if metrics["negative_durations"]:
        errors = metrics["negative_durations"]
        paragraphs.append(
            f"{counted(errors, 'duration ends', 'durations end')} before {'it begins' if errors == 1 else 'they begin'}. "
            "These are errors in the data: they are listed below and left out of every other figure."
        )
    return tuple(f"{text[:1].upper()}{text[1:]}" for text in paragraphs)


def highlights_of(metrics: Mapping[str, Any], sla_unknown: int) -> tuple[tuple[str, str], ...]:
    """The four figures of the title page: value, then what it is."""
    opened = metrics["incidents_opened"]
    breached = share_of(metrics["sla_breached"], opened - sla_unknown)
    medians = [metrics[f"time_to_{what}_seconds"]["p50"] for what in ("acknowledge", "resolve")]
    acknowledge, resolve = ("–" if median is None else duration_in_words(median) for median in medians)
    return (
        (number_in_words(opened), "incident opened" if opened == 1 else "incidents opened"),
        (
            "–" if breached is None else f"{number_in_words(breached)} %",
            "breached their SLA" if breached is not None or not opened else "SLA: not known",
        ),
        (acknowledge, "median time to acknowledge"),
        (resolve, "median time to resolve"),
    )


def progress_in_words(quarter: Quarter, progress: Progress) -> str:
    """What the title page says about a quarter that is not over; nothing about one that is."""
    return {
        Progress.OVER: "",
        Progress.RUNNING: f"The {quarter.words} is still running: these figures will change.",
        Progress.TO_COME: f"The {quarter.words} has not begun.",
    }[progress]


def counted(number: int, one: str, many: str) -> str:
    return f"{number_in_words(number)} {one if number == 1 else many}"


def day_in_words(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _volume(quarter: Quarter, facts: Sequence[IncidentFact], metrics: Mapping[str, Any], progress: Progress) -> str:
    by_priority = [f"{number_in_words(number)} {name}" for name, number in metrics["incidents_by_priority"].items() if number]
    first, last = facts[0].opened_at, facts[-1].opened_at
    text = f"{counted(len(facts), 'incident was', 'incidents were')} opened in the {quarter.words}: {listed(by_priority)}. "
    text += f"The first was opened on {day_in_words(first)}" + (f", the last on {day_in_words(last)}." if len(facts) > 1 else ".")
    return f"{text}{_gaps(quarter, first, last, progress)}"


def _gaps(quarter: Quarter, first: datetime, last: datetime, progress: Progress) -> str:
    """Of a quarter that runs, days without incidents at its end are days that are still to come; when it was looked at is nowhere in the pack."""
    late = first - quarter.start > UNUSUAL_GAP
    if progress is Progress.RUNNING:
        return f"{' Before that it has none: check whether the data begin with it.' if late else ''} {_runs_until(quarter)}"
    if late or quarter.end - last > UNUSUAL_GAP:
        return " The rest of the quarter has none: check whether the data cover all of it."
    return ""


def _runs_until(quarter: Quarter) -> str:
    return f"The quarter runs until {day_in_words(quarter.end - timedelta(days=1))}, so this is not all of it."


def _quality(metrics: Mapping[str, Any], sla_unknown: int) -> str:
    opened, moves = metrics["incidents_opened"], metrics["functional_escalations"]
    return (
        f"{_agreements(metrics['sla_breached'], opened, sla_unknown)} {_with_share(metrics['reopened'], opened).capitalize()} were reopened and "
        f"{_with_share(metrics['reassigned'], opened)} reassigned. {_moves(moves, opened)}"
    )


def _agreements(breached: int, opened: int, unknown: int) -> str:
    """Of those of which something is known: where nothing is, nobody kept an agreement, and nobody broke one."""
    if unknown == opened:
        return "Of no incident it is known whether its service-level agreement (SLA) was met."
    text = f"{_with_share(breached, opened - unknown)} breached their service-level agreement (SLA)"
    return f"{text}; of {number_in_words(unknown)} it is not known." if unknown else f"{text}."


def _moves(moves: int, opened: int) -> str:
    if not moves:
        return "No incident was moved from one group to another."
    escalations = counted(moves, "functional escalation", "functional escalations")
    return f"{escalations} moved an incident from one group to another, {moves / opened:.2f} an incident."


def _speed(done: str, not_done: tuple[str, str], spread: Mapping[str, Any], without: int) -> str:
    left_out = f"{counted(without, *not_done)}." if without else ""
    if not spread["count"]:
        return f"None was {done}. {left_out}".strip()
    return (
        f"Of {counted(spread['count'], 'incident', 'incidents')} that {'was' if spread['count'] == 1 else 'were'} {done}, half were {done} "
        f"within {duration_in_words(spread['p50'])} and nine in ten within {duration_in_words(spread['p90'])}; the mean is "
        f"{duration_in_words(spread['mean'])}. {left_out}"
    ).strip()


def _services(metrics: Mapping[str, Any]) -> str:
    busiest, opened = metrics["busiest_services"], metrics["incidents_opened"]
    text = f"The busiest service was {busiest[0]['service']} with {_with_share(busiest[0]['opened'], opened)} of the incidents"
    together = sum(row["opened"] for row in busiest)
    return f"{text}; the ten busiest had {_with_share(together, opened)}." if len(busiest) > 1 and together < opened else f"{text}."


def _links(metrics: Mapping[str, Any]) -> str:
    opened = metrics["incidents_opened"]
    return (
        f"{_with_share(metrics['with_problem'], opened)} are linked to a problem record, and for "
        f"{_with_share(metrics['with_change'], opened)} a change was requested to resolve them."
    )


def _with_share(part: int, whole: int) -> str:
    share = share_of(part, whole)
    return "none" if not part else f"{number_in_words(part)} ({number_in_words(share or 0)} %)"


def listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"

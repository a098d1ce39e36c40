"""The review as a chapter of the report: what was found, decided and is to be done, who signed, and what was stated anew."""

from datetime import UTC, datetime
from typing import Any

from portal.foundation.words import counted
from reports.document import Chapter, Column, Definition, Kind, Section, Table
from reports.packs.summary import day_in_words, listed

from . import escalated
from .changes import different, lists_compared
from .frozen import facts, told_before
from .manifest import content_of, utc
from .models import QuarterlyReview
from .queries import agreed_in, from_last_time
from .states import DecisionState, FindingState

KEY = "review"
JUDGED = (
    Column("rank", "Rank", Kind.INTEGER),
    Column("finding", "Finding"),
    Column("incidents", "Incidents", Kind.INTEGER),
    Column("judged", "Judged"),
    Column("reason", "Reason"),
)


def chapter_of_review(review: QuarterlyReview) -> Chapter:
    """What was signed, for the report. The same review gives the same chapter, but for how its actions went on: those stand as at its signing."""
    told = content_of(review.manifest) or facts(review)
    sections = (
        _meeting(review),
        _findings(review),
        _decisions(review),
        _actions(review),
        _beside(review),
        _signatures(review),
        _restated(review),
    )
    content = {
        "number": review.number,
        "unit": review.unit_name,
        "state": review.state,
        "known_until": utc(review.known_until),
        "manifest_sha256": review.sha256,
        "summary": review.summary,
        "findings": told["findings"],
        "decisions": told["decisions"],
        "signatures": [
            {"as": each.title, "position": each.position, "at": utc(each.at) if each.at else None} for each in _of_round(review)
        ],
        "restated": restated_in_words(review),
    }
    return Chapter(
        KEY, tuple(section for section in sections if section is not None), content, _definitions(), _in_words(review), _opening(review)
    )


def _opening(review: QuarterlyReview) -> tuple[str, ...]:
    """What people wrote about the quarter comes before what its figures say, a paragraph a line."""
    return tuple(line.strip() for line in review.summary.splitlines() if line.strip())


def _in_words(review: QuarterlyReview) -> tuple[str, ...]:
    """For the summary of the whole: how much was accepted, decided and agreed, and who signed last."""
    found = list(review.findings.values_list("state", flat=True))
    taken = review.decisions.filter(state=DecisionState.TAKEN).count()
    said = (
        f"In its review {sum(state == FindingState.ACCEPTED for state in found):,} of {counted(len(found), 'finding')} were accepted, "
        f"{counted(taken, 'decision')} {'was' if taken == 1 else 'were'} taken and {counted(len(agreed_in(review)), 'action')} agreed."
    )
    signed = [each for each in _of_round(review) if each.at is not None]
    if review.is_signed and signed:
        said += f" It is signed: {listed([each.title for each in signed])}, the last on {day_in_words(signed[-1].at.astimezone(UTC))}."
    return (said,)


def restated_in_words(review: QuarterlyReview) -> list[str]:
    """What a restatement says otherwise than the statement before it, in sentences; nothing of a first statement."""
    former = review.restates
    if former is None:
        return []
    before, now = told_before(review), facts(review)
    figures = different(review.figures.get("metrics", {}), former.figures.get("metrics", {}))
    told_of_escalations = escalated.compared(review.figures.get("escalated", {}), former.figures.get("escalated", {}))
    figures += [change for change, _ in told_of_escalations if change.now != change.before]
    told = [f"{change.title}: {change.before} before, {change.now} now." for change in figures]
    told += lists_compared(_by_title(now["findings"]), _by_title(before.get("findings", [])), name="Finding", by="pattern")
    told += lists_compared(_by_title(now["decisions"]), _by_title(before.get("decisions", [])), name="Decision", by="pattern")
    for part, words in (("summary", "The summary"), ("agenda", "The agenda")):
        if now[part] != before.get(part):
            told.append(f"{words} was written anew.")
    if before.get("review", {}).get("units") != now["review"]["units"]:
        told.append("The parts of the unit are others.")
    return told or ["Nothing that the report shows is otherwise."]


def _by_title(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of two statements are the same by their pattern, or else by their title; their keys are of the database."""
    kept = ("title", "sentence", "state", "reason", "outcome", "incidents")
    return [{"pattern": row.get("pattern") or row["title"], **{name: row[name] for name in kept if name in row}} for row in rows]


def _meeting(review: QuarterlyReview) -> Section:
    points = [f"{number}. {point}" for number, point in enumerate(review.agenda.splitlines(), start=1)]
    said = "Its summary stands first in the report." if review.summary.strip() else "No summary was written."
    paragraphs = (said, *((f"Agenda: {'; '.join(points)}.",) if points else ()))
    return Section("review_summary", "The review", paragraphs=paragraphs)


def _findings(review: QuarterlyReview) -> Section:
    columns = (
        Column("rank", "Rank", Kind.INTEGER),
        Column("finding", "Finding"),
        Column("seen", "What was seen"),
        Column("effect", "Effect"),
        Column("confidence", "Confidence"),
        Column("incidents", "Incidents", Kind.INTEGER),
        Column("judged", "Judged"),
        Column("reason", "Reason"),
    )
    found = list(review.findings.order_by("rank", "pk"))
    rows = tuple(
        (
            one.rank,
            one.headline,
            one.sentence or None,
            one.effect or None,
            one.confidence or None,
            len(one.incidents),
            _judged(one),
            one.reason or None,
        )
        for one in found
    )
    evidence = tuple((one.rank, one.headline, number) for one in found for number in one.incidents)
    accepted = [one for one in found if one.state == FindingState.ACCEPTED]
    text = f"{len(accepted):,} of {len(found):,} were accepted." if found else "Nothing was found."
    told = (f"{one.rank}. {one.headline.rstrip('.')}. {one.sentence}".strip() for one in accepted)
    judged = tuple((one.rank, one.headline, len(one.incidents), _judged(one), one.reason or None) for one in found)
    return Section(
        "review_findings", "Findings", paragraphs=(text, *told),
        tables=(
            Table("review_judged", "Findings, as they were judged", "By rank; proposals that were dismissed stand here with the reason.", JUDGED, judged, whole=True),
            Table("review_findings", "Findings", "As they were judged, by rank, with what was seen.", columns, rows, on_paper=False),
            Table(
                "review_evidence", "Incidents behind the findings", "Each incident of each finding.",
                (Column("rank", "Rank", Kind.INTEGER), Column("finding", "Finding"), Column("incident", "Incident")), evidence, on_paper=False,
            ),
        ),
    )  # fmt: skip


def _judged(finding: Any) -> str:
    words = {FindingState.PROPOSED: "not judged", FindingState.ACCEPTED: "accepted", FindingState.DISMISSED: "dismissed"}[finding.state]
    return f"{words}, reworded" if finding.reworded else words


def _decisions(review: QuarterlyReview) -> Section:
    words = {DecisionState.TO_TAKE: "to be taken", DecisionState.TAKEN: "taken", DecisionState.DROPPED: "dropped"}
    columns = (
        Column("question", "Question"),
        Column("finding", "Because of"),
        Column("state", "Is"),
        Column("outcome", "What was decided"),
        Column("at", "At", Kind.DATETIME),
    )
    rows = tuple(
        (one.question, str(one.finding) if one.finding else None, words[DecisionState(one.state)], one.outcome or None, one.decided_at)
        for one in review.decisions.select_related("finding")
    )
    return Section(
        "review_decisions",
        "Decisions",
        tables=(Table("review_decisions", "Decisions", "What was to be decided.", columns, rows, whole=True),),
    )


def _actions(review: QuarterlyReview) -> Section:
    columns = (
        Column("action", "Action"),
        Column("owner", "Owner"),
        Column("due", "To be done by"),
        Column("state", "Was"),
        Column("outcome", "Outcome"),
    )
    at = _closed_at(review)

    def rows(actions: list[Any]) -> tuple[tuple[Any, ...], ...]:
        return tuple((one.title, str(one.owner), one.due_on.isoformat(), *_as_at(one, at)) for one in actions)

    return Section(
        "review_actions", "Actions",
        tables=(
            Table("review_last_time", "Actions from last time", "Of earlier quarters: those that were open when this one began.", columns, rows(from_last_time(review)), whole=True),
            Table("review_actions", "Actions agreed", "What was agreed in this review.", columns, rows(agreed_in(review)), whole=True),
        ),
    )  # fmt: skip


def _closed_at(review: QuarterlyReview) -> datetime | None:
    return review.signed_at or review.submitted_at


def _as_at(action: Any, at: datetime | None) -> tuple[str, str | None]:
    """State and outcome as they were then."""
    if at is not None and action.settled_at is not None and action.settled_at > at:
        return "open", None
    return action.state, action.outcome or None


def _beside(review: QuarterlyReview) -> Section:
    columns = (Column("entry", "Entry"),)
    blocks = review.beside.get("blocks", [])
    tables = tuple(
        Table(f"review_{block['key']}", block["title"], block["words"], columns, tuple((line,) for line in block["lines"]), whole=True)
        for block in blocks
        if block["lines"]
    )
    return Section(
        "review_beside", "Beside the incidents", paragraphs=tuple(f"{block['title']}: {block['words']}" for block in blocks), tables=tables
    )


def _signatures(review: QuarterlyReview) -> Section:
    columns = (
        Column("position", "No.", Kind.INTEGER),
        Column("as", "As"),
        Column("by", "Name"),
        Column("at", "Signed", Kind.DATETIME),
        Column("words", "Words"),
    )
    rows = tuple((one.position, one.title, one.by_name or None, one.at, one.words or None) for one in _of_round(review))
    text = (
        f"Everybody signed the manifest with the SHA-256 {review.sha256}; the audit trail holds it with each signature."
        if review.sha256
        else "This review is not put up for signature yet."
    )
    return Section(
        "review_signatures",
        "Signatures",
        paragraphs=(text,),
        tables=(Table("review_signatures", "Signatures", "In the order in which they are given.", columns, rows, whole=True),),
    )


def _restated(review: QuarterlyReview) -> Section | None:
    if review.restates is None:
        return None
    at = review.restates.signed_at
    when = f" of {at.astimezone(UTC):%Y-%m-%d}" if at else ""
    return Section(
        "review_restated",
        "What was stated anew",
        paragraphs=(
            f"This is restatement {review.number - 1}; it takes the place of the statement{when}. Reason: {review.reason}",
            *restated_in_words(review),
        ),
    )


def _of_round(review: QuarterlyReview) -> list[Any]:
    return list(review.signatures.filter(round=review.round).order_by("position")) if review.sha256 else []


def _definitions() -> tuple[Definition, ...]:
    return (
        Definition(
            "review", "Quarterly review", "",
            "What was found in the figures, judged by people, decided and planned, and signed in order by different people. The figures are those of the "
            "data cut-off. Proposals are the portal's own; a person accepted, reworded or dismissed each.",
        ),
    )  # fmt: skip

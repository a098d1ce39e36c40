"""What a report says of where its figures come from. Pure: a document goes in, the same one with its origin comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reports.document import Chapter, ReportDocument, Section

from .summary import day_in_words


@dataclass(frozen=True, slots=True)
class Origin:
    """The frozen figures that a report is made of."""

    sha256: str
    number: int
    cut_off: datetime
    reason: str = ""


def with_origin(document: ReportDocument, origin: Origin) -> ReportDocument:
    """The document with its cut-off, its number and the digest of its figures on the title page and in the JSON, and how to check it."""
    utc = origin.cut_off.astimezone(UTC)
    restated = (("Restatement", f"Number {origin.number}. {origin.reason}"),) if origin.number > 1 else ()
    frozen = {"sha256": origin.sha256, "number": origin.number, "cut_off": utc.isoformat().replace("+00:00", "Z"), "reason": origin.reason}
    return replace(
        document,
        facts=(
            *document.facts,
            ("Data cut-off", f"{day_in_words(utc)}, {utc:%H:%M} UTC; what was told later is not in the figures"),
            *restated,
            ("SHA-256 of the figures", origin.sha256),
        ),
        sections=(*document.sections, *_how_to_check(document.name, origin)),
        content={**document.content, "frozen": frozen},
    )


def figures_name(name: str) -> str:
    """What the file of the frozen figures of the report `name` is called among the evidence."""
    return f"{name}-figures.jsonl"


def evidence_name(name: str) -> str:
    """What the archive with the evidence of the report `name` is called."""
    return f"{name}-evidence.zip"


def _how_to_check(name: str, origin: Origin) -> tuple[Section, ...]:
    figures = (
        "The figures of this report were read once, at the data cut-off, and kept. This is the SHA-256 of the text in which they are kept; "
        "the audit trail recorded it in that moment:"
    )
    evidence = (
        "The evidence of this report is one archive. It holds the files of the pack, the frozen figures, and the entries of the audit trail "
        "that tell who froze and finished them, under a checkpoint that the key of the audit trail has signed. It is checked on any computer "
        "with Python, without the portal and without a network; unpack verify.py from it, or take a copy of your own:"
    )
    by_hand = "That the figures in the archive are those of this report shows in their SHA-256, which must be the one above:"
    commands = (f"python3 verify.py {evidence_name(name)}", f"unzip -p {evidence_name(name)} attached/{figures_name(name)} | sha256sum")
    return (
        Section("check", "How to check this report", paragraphs=(figures,), code=(origin.sha256,)),
        Section("check_evidence", "", paragraphs=(evidence,), code=commands[:1]),
        Section("check_figures", "", paragraphs=(by_hand,), code=commands[1:]),
    )


def with_chapters(document: ReportDocument, chapters: Sequence[Chapter]) -> ReportDocument:
    """The document with `chapters` after its own sections."""
    return replace(
        document,
        summary=(
            *(paragraph for each in chapters for paragraph in each.opening),
            *document.summary,
            *(sentence for each in chapters for sentence in each.summary),
        ),
        sections=(*document.sections, *(section for each in chapters for section in each.sections)),
        definitions=(*document.definitions, *(definition for each in chapters for definition in each.definitions)),
        content={**document.content, **{each.key: dict(each.content) for each in chapters if each.content}},
    )

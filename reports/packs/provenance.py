"""What a report says of where its figures come from. Pure: a document goes in, the same one with its origin comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reports.document import Chapter, ReportDocument

from .summary import day_in_words


@dataclass(frozen=True, slots=True)
class Origin:
    """The frozen figures that a report is made of."""

    sha256: str
    number: int
    cut_off: datetime
    reason: str = ""


def with_origin(document: ReportDocument, origin: Origin) -> ReportDocument:
    """The document with its cut-off, its number and the digest of its figures on the title page and in the JSON."""
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
        content={**document.content, "frozen": frozen},
    )


def with_chapters(document: ReportDocument, chapters: Sequence[Chapter]) -> ReportDocument:
    """The document with `chapters` after its own sections."""
    return replace(
        document,
        sections=(*document.sections, *(section for each in chapters for section in each.sections)),
        definitions=(*document.definitions, *(definition for each in chapters for definition in each.definitions)),
        content={**document.content, **{each.key: dict(each.content) for each in chapters if each.content}},
    )

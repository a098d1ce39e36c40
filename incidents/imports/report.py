"""The reconciliation report: what a file holds against what is known here. The same for a dry run and for the real one."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from portal.foundation.redaction import one_line

from .planning import Plan

T = TypeVar("T")
# Every list gives its full count; beyond this many entries the list itself ends.
LISTED_AT_MOST = 5_000
EXAMPLES = 5
LONGEST_VALUE = 80


def report_of(plan: Plan) -> dict[str, Any]:
    """The report as plain data, ready for JSON. Times are RFC 3339 in UTC; values are cut at 80 characters, control characters escaped."""
    intake = plan.intake
    new = sum(len(part.arriving) for part in (*plan.created, *plan.changed))
    return {
        "source": plan.source.key,
        "file": {"name": one_line(intake.file_name), "sha256": intake.sha256},
        "times": plan.source.times,
        "rows": {
            "read": intake.rows_read,
            "new": new,
            "already_known": plan.rows_known,
            "duplicates": len(intake.duplicates),
            "rejected": len(plan.rejected),
        },
        "incidents": {"created": len(plan.created), "changed": len(plan.changed), "unchanged": plan.unchanged},
        "added": {kind: len(names) for kind, names in plan.directory.missing.items()},
        "values_not_understood": {
            **_listed(intake.doubts, lambda doubt: {"line": doubt.line, "column": doubt.column, "value": _short(doubt.value)}),
            "by_column": _counted(doubt.column for doubt in intake.doubts),
        },
        "rows_out_of_order": _listed(
            intake.out_of_order,
            lambda row: {"line": row.line, "number": row.number, "time": _utc(row.at), "stands_after": _utc(row.earlier_row_at)},
        ),
        "contradictions": {
            **_listed(
                plan.contradictions, lambda found: {"rule": found.rule, "line": found.line, "number": found.number, "figures": found.words}
            ),
            "by_rule": _counted(found.rule for found in plan.contradictions),
        },
        "rejected_rows": _listed(plan.rejected, lambda row: {"line": row.line, "reason": one_line(row.reason)}),
        "duplicate_rows": _listed(intake.duplicates, lambda line: {"line": line}),
        "ignored_columns": [_short(column) for column in intake.ignored_columns],
    }


def as_text(report: dict[str, Any]) -> str:
    """The report for a person: counts first, then what needs a look, with a few examples of each kind."""
    rows, incidents = report["rows"], report["incidents"]
    added = ", ".join(f"{count:,} {kind}" for kind, count in report["added"].items() if count)
    lines = [
        f"Import of {report['file']['name']} ({report['source']})",
        f"  SHA-256 {report['file']['sha256']}",
        f"  {report['times']}",
        "",
        f"Rows read       {rows['read']:>9,}",
        f"  new           {rows['new']:>9,}",
        f"  already known {rows['already_known']:>9,}",
        f"  duplicates    {rows['duplicates']:>9,}",
        f"  rejected      {rows['rejected']:>9,}",
        f"Incidents       {sum(incidents.values()):>9,}",
        *(f"  {name:<13} {count:>9,}" for name, count in incidents.items()),
        *([f"Added beside them: {added}."] if added else []),
        *(
            [f"Columns that are not part of the log were ignored: {', '.join(report['ignored_columns'])}."]
            if report["ignored_columns"]
            else []
        ),
        "",
        *_section("Values that could not be understood", report["values_not_understood"], "column", _doubt_words),
        *_section("Rows out of order", report["rows_out_of_order"], "", _order_words),
        *_section("Figures that contradict each other", report["contradictions"], "rule", _contradiction_words),
        *_section("Rejected rows", report["rejected_rows"], "", lambda item: f"line {item['line']}: {item['reason']}"),
        *_section("Rows that repeat another row of the file", report["duplicate_rows"], "", lambda item: f"line {item['line']}"),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _section(title: str, part: dict[str, Any], group: str, words: Callable[[dict[str, Any]], str]) -> list[str]:
    """One heading with its count; below it a few examples, per group where there are groups."""
    if not part["count"]:
        return [f"{title}: none"]
    lines = [f"{title}: {part['count']:,}"]
    for name, count in part.get(f"by_{group}", {"": part["count"]}).items():
        examples = [item for item in part["listed"] if not group or item[group] == name][:EXAMPLES]
        lines += [f"  {name}: {count:,}"] if group else []
        lines += [f"    {words(item)}" for item in examples]
        lines += [f"    … and {count - len(examples):,} more"] if count > len(examples) else []
    return lines


def _doubt_words(item: dict[str, Any]) -> str:
    kept = ", kept as 'unknown'" if item["column"] == "incident_state" else ""
    return f"line {item['line']}: '{item['value']}'{kept}"


def _order_words(item: dict[str, Any]) -> str:
    return f"line {item['line']}: {item['number']} at {item['time']} stands after {item['stands_after']}"


def _contradiction_words(item: dict[str, Any]) -> str:
    return f"line {item['line']}: {item['number']}, {item['figures']}"


def _listed(items: Sequence[T], entry: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(items), "listed": [entry(item) for item in items[:LISTED_AT_MOST]]}


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _short(value: str) -> str:
    text = one_line(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

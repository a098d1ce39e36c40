"""Checks the whole audit ledger in the database; see docs/ledger.md."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.evidence.checking import Report, verify_ledger
from portal.foundation import clock
from portal.foundation.request_context import origin

MOST_TOLD = 50


class Command(BaseCommand):
    help = (
        "Checks every entry, number, tile, checkpoint and signature of the audit ledger, and the database's guards. Changes nothing. "
        "Exit status: 0 sound, 1 tampered, 2 incomplete, 3 stale, 4 unsigned, 5 unknown key."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="The report as JSON instead of words.")

    def handle(self, *args: Any, as_json: bool, **options: Any) -> None:
        with origin("command"):
            report = verify_ledger(now=clock.now(), tell=self._progress)
        self.stdout.write(json.dumps(_as_data(report), indent=2) if as_json else "\n".join(_in_words(report)))
        if report.verdict.status:
            sys.exit(report.verdict.status)

    def _progress(self, done: int, size: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} of {size:,} entries", ending="")


def _in_words(report: Report) -> list[str]:
    said = [
        f"{report.verdict.word.upper()}: {len(report.findings)} findings."
        if report.findings
        else "SOUND: everything that was checked holds."
    ]
    said += [f"  {finding.text}" for finding in report.findings[:MOST_TOLD]]
    if len(report.findings) > MOST_TOLD:
        said.append(f"  … and {len(report.findings) - MOST_TOLD} more; --json lists all.")
    said.append(
        f"Entries:     {report.size:,}, of which {report.payloads:,} in full, from {report.first_at or 'never'} to {report.last_at or 'never'}"
    )
    said.append(f"Checkpoints: {report.checkpoints:,}, the last of {report.sealed_at or 'never'}, every signature checked")
    said += [f"Key:         {key}" for key in report.signers]
    said.append(
        "Not checked: whether what was recorded is true; what happened before it reached the database; what syslog and time-stamp authorities received (a bundle holds it)."
    )
    return said


def _as_data(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict.word,
        "status": report.verdict.status,
        "entries": report.size,
        "payloads": report.payloads,
        "first_at": report.first_at or None,
        "last_at": report.last_at or None,
        "checkpoints": report.checkpoints,
        "sealed_at": report.sealed_at.isoformat() if report.sealed_at else None,
        "keys": report.signers,
        "findings": [{"code": one.code, "text": one.text, "index": one.index, "verdict": one.verdict.word} for one in report.findings],
    }

"""Checks a policy: `manage.py check_policy NAME [--version N] [--json]`. Exit status: 0 no errors, 1 errors, 2 nothing to check."""

import json
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from policies.decisions.findings import Finding, Weight, of_weight
from policies.governance.models import PolicyVersion
from policies.governance.queries import findings_on, latest_approved, open_version, snapshot_of
from policies.governance.states import VersionState
from policies.pathways.models import EscalationPolicy
from portal.foundation import clock, words
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line

ERRORS_FOUND, NOTHING_TO_CHECK = 1, 2
LARGEST_NUMBER = 2_147_483_647


class Command(BaseCommand):
    help = (
        "Says what the checks find on a policy: on its draft or waiting version, else on the one approved last. "
        "Exit status 0 without errors, 1 with errors, 2 when there is no such policy or version."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Django's own `--version` gives way to the number of the policy's version."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the policy's name")
        parser.add_argument("--version", metavar="N", dest="number", type=int, help="number of the version, if not the newest")
        parser.add_argument("--json", action="store_true", help="the findings as one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        version = _version(options["name"], options["number"])
        try:
            draft = version.state in (VersionState.DRAFT.value, VersionState.DISCARDED.value)
            findings = findings_on(version, None if draft else snapshot_of(version), now=now)
        except PortalError as error:
            raise CommandError(error.message, returncode=ERRORS_FOUND) from error
        say = _as_json if options["json"] else _in_words
        self.stdout.write(say(version, findings, now))
        if of_weight(findings, Weight.ERROR):
            sys.exit(ERRORS_FOUND)


def _version(name: str, number: int | None) -> PolicyVersion:
    # PostgreSQL refuses to look for a text with a NUL in it.
    known = EscalationPolicy.objects.select_related("owner", "service", "business_unit")
    policy = None if "\0" in name else known.filter(name=name).first()
    if policy is None:
        raise CommandError(f"There is no policy '{one_line(name[:120])}'.", returncode=NOTHING_TO_CHECK)
    if number is None:
        version = open_version(policy) or latest_approved(policy)
    else:
        version = policy.versions.filter(number=number).first() if 0 < number <= LARGEST_NUMBER else None
    if version is None:
        which = "version" if number is None else f"version {number}"
        raise CommandError(f"{name} has no {which} to check.", returncode=NOTHING_TO_CHECK)
    return version


def _as_json(version: PolicyVersion, findings: list[Finding], now: datetime) -> str:
    told = [
        {
            "id": one.id,
            "severity": one.weight.value,
            "place": one.place,
            "text": one.text,
            "remedy": one.remedy,
            "inherited_from": one.inherited or None,
        }
        for one in findings
    ]
    policy = version.policy
    counts = {f"{weight.value}s": len(of_weight(findings, weight)) for weight in Weight}
    head = {
        "policy": policy.name,
        "scope": policy.scope,
        "speaks_for": policy.speaks_for,
        "version": version.number,
        "state": version.state,
        "checked_at": now.isoformat(),
    }
    return json.dumps({**head, **counts, "findings": told}, indent=2, ensure_ascii=False)


def _in_words(version: PolicyVersion, findings: list[Finding], now: datetime) -> str:
    counts = [words.counted(len(of_weight(findings, weight)), weight.value) for weight in Weight]
    lines = [f"{version} ({version.get_state_display()}): {words.listed(counts)}."]
    lines += [f"{one.weight.value.upper():8}{one.id}  {one.place}: {one.in_words}" for one in findings]
    # What people wrote reaches a terminal here: a name must not forge a line or move the cursor.
    return "\n".join(one_line(line) for line in lines)

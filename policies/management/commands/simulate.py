"""Simulates a policy: `manage.py simulate --policy NAME --service NAME --severity SEV1 --at 2026-03-29T01:30+01:00 --event "+7min acknowledge ana"`.

Writes nothing. Exit status: 0 told, 1 it cannot be simulated like this, 2 there is no such policy, version or service.
"""

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from policies.catalogue.models import Service
from policies.decisions.vocabulary import Severity
from policies.governance.models import PolicyVersion
from policies.governance.queries import version_in_force
from policies.pathways.models import EscalationPolicy
from policies.simulation.documents import document_of
from policies.simulation.scenario import MARKERS, TITLE, NotUsable, Scenario
from policies.simulation.script import NEEDS, lines_from
from policies.simulation.simulating import Simulation, simulate
from portal.foundation import clock, words
from portal.foundation.errors import PortalError
from portal.foundation.people.models import validate_time_zone
from portal.foundation.redaction import one_line

NOT_LIKE_THIS, NOTHING_THERE = 1, 2
LARGEST_NUMBER = 2_147_483_647


class Command(BaseCommand):
    help = (
        "Says who would be told when, by which way and why, if an incident were opened at a time: by a version of a policy, or by what is "
        "in force. Nobody is alerted and nothing is written. Exit status 0 told, 1 not like this, 2 no such policy, version or service."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        """Django's own `--version` gives way to the number of the policy's version."""
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--service", metavar="NAME", required=True, help="name or key of the service that is hit")
        parser.add_argument("--policy", metavar="NAME", help="the policy's name; without it whatever is in force for the service")
        parser.add_argument("--version", metavar="N", dest="number", type=int, help="number of its version, if not the one in force then")
        parser.add_argument("--severity", choices=list(Severity), help="how bad it is; without it readings of the script tell")
        parser.add_argument("--at", metavar="TIME", help="when it is opened, with its zone, e.g. 2026-03-29T01:30+01:00; now without it")
        parser.add_argument("--event", metavar="LINE", action="append", default=[], help=f"what happens then: {_examples()}")
        parser.add_argument("--mark", choices=list(MARKERS), action="append", default=[], help="what it is marked as")
        parser.add_argument("--label", metavar="LABEL", action="append", default=[])
        parser.add_argument("--title", default=TITLE)
        parser.add_argument("--zone", metavar="ZONE", default="UTC", help="times are told on the clocks of this zone, e.g. Europe/Berlin")
        parser.add_argument("--json", action="store_true", help="everything as one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        begins, zone = _moment(options["at"], now), _zone(options["zone"])
        service = _service(options["service"])
        version = _version(options["policy"], options["number"], begins)
        try:
            scenario = Scenario(
                service.pk,
                begins,
                options["severity"] or "",
                options["title"],
                labels=tuple(options["label"]),
                script=lines_from(options["event"]),
                personal_data="personal_data" in options["mark"],
                regulated="regulated" in options["mark"],
                data_breach="data_breach" in options["mark"],
            )
            found = simulate(version, scenario, actor=None, now=now)
        except NotUsable as error:
            raise CommandError(str(error), returncode=NOT_LIKE_THIS) from error
        except (PortalError, ValueError) as error:
            raise CommandError(one_line(str(error)), returncode=NOT_LIKE_THIS) from error
        if options["json"]:
            self.stdout.write(json.dumps(document_of(found), indent=2, ensure_ascii=False))
        else:
            # What people wrote reaches a terminal here: a name must not forge a line or move the cursor.
            self.stdout.write("\n".join(one_line(line) for line in _lines(found, zone)))


def _lines(found: Simulation, zone: ZoneInfo) -> list[str]:
    """A line for each step and each thing that happens, in order, and how each track ends."""
    course = found.course
    about = str(found.version) if found.version else "What is in force"
    lines = [f"{about} for {found.service}: opened {_at(found.scenario.begins, zone)}, {course.first.words}."]
    timed = [(told.at, 0, f"{_after(told.after)}  -- {told.text}.") for told in course.told]
    for told in found.told:
        ways = "; ".join(f"{way.channel} '{way.label}'" + (f" {way.problem}" if way.problem else "") for way in told.ways)
        sent = f" To {told.receiver}: '{told.title}' by {ways or 'no way that carries an alert'}." if told.title else ""
        timed.append(
            (told.step.at, 1, f"{_after(told.step.after)}  {_at(told.step.at, zone)}  {told.text}. {told.step.action.reason}{sent}")
        )
    lines += [text for _, _, text in sorted(timed, key=lambda row: row[:2])]
    lines += [f"{end.track.label} track: {end.status.value}. {end.why}".rstrip() for end in course.ends]
    if not found.follows:
        lines.append(f"Nobody would be alerted: no policy is in force for {found.service} at that time.")
    return lines + ([course.cut] if course.cut else [])


def _after(after: Any) -> str:
    return f"+{words.duration(after)}".ljust(12)


def _at(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {words.zone(local.tzname() or 'UTC')}"


def _moment(text: str | None, now: datetime) -> datetime:
    if text is None:
        return now.replace(microsecond=0)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(
            f"'{one_line(text[:40])}' is no time with a zone. Write for example 2026-03-29T01:30+01:00.", returncode=NOT_LIKE_THIS
        )
    return at


def _zone(name: str) -> ZoneInfo:
    try:
        validate_time_zone(name)
    except ValidationError as error:
        raise CommandError(one_line(" ".join(error.messages)), returncode=NOT_LIKE_THIS) from error
    return ZoneInfo(name)


def _service(name: str) -> Service:
    # PostgreSQL refuses to look for a text with a NUL in it.
    known = Service.objects.none() if "\0" in name else Service.objects.all()
    found = known.filter(name=name).first() or known.filter(key=name).first()
    if found is None:
        raise CommandError(f"There is no service '{one_line(name[:120])}'. Give its name or its key.", returncode=NOTHING_THERE)
    return found


def _version(name: str | None, number: int | None, at: datetime) -> PolicyVersion | None:
    if name is None:
        if number is not None:
            raise CommandError("Say of which policy with --policy NAME.", returncode=NOT_LIKE_THIS)
        return None
    policy = (
        None if "\0" in name else EscalationPolicy.objects.select_related("owner", "service", "business_unit").filter(name=name).first()
    )
    if policy is None:
        raise CommandError(f"There is no policy '{one_line(name[:120])}'.", returncode=NOTHING_THERE)
    if number is None:
        found = version_in_force(policy, at)
        said = f"{name} has no version in force at that time. Name one with --version N."
    else:
        found = policy.versions.filter(number=number).first() if 0 < number <= LARGEST_NUMBER else None
        said = f"{name} has no version {number}."
    if found is None:
        raise CommandError(one_line(said), returncode=NOTHING_THERE)
    found.policy = policy
    return found


def _examples() -> str:
    return "; ".join(f"'{needs.example}'" for needs in NEEDS.values())

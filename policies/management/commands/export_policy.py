"""Writes a version of a policy as YAML; see docs/policies-as-data.md."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policies.governance.models import PolicyVersion
from policies.governance.queries import version_in_force
from policies.interchange.services import export_version
from policies.pathways.models import EscalationPolicy
from portal.foundation import clock
from portal.foundation.errors import NotFound, PortalError
from portal.foundation.redaction import one_line


class Command(BaseCommand):
    help = "Writes the version of policy NAME that is in force, or another one, as YAML that can be reviewed and imported again."

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        # Django's own --version prints Django's; here it is the policy's.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **options)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="The policy's name.")
        parser.add_argument("--version", type=int, default=None, metavar="N", help="The version. Default: the one in force.")
        parser.add_argument("--out", default="", metavar="FILE", help="Write to FILE, replacing it. Default: standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = export_version(_version(options["name"], options["version"]))
        except PortalError as error:
            raise CommandError(one_line(error.message)) from error
        if not options["out"]:
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["out"]).write_text(text, "utf-8")
        except OSError as error:
            raise CommandError(one_line(f"{options['out']} cannot be written: {error.strerror}.")) from error
        self.stderr.write(one_line(f"Written to {options['out']}."))


def _version(name: str, number: int | None) -> PolicyVersion:
    policy = EscalationPolicy.objects.filter(name=name).first()
    if policy is None:
        raise NotFound(f"There is no policy '{name}'.")
    found = version_in_force(policy, clock.now()) if number is None else policy.versions.filter(number=number).first()
    if found is None and number is None:
        raise NotFound(f"No version of '{name}' is in force. Name one with --version.")
    if found is None:
        raise NotFound(f"'{name}' has no version {number}.")
    return found

"""Builds the quarterly pack: `manage.py build_pack 2016Q1 --out DIR [--format json] [--unit NAME] [--frozen NUMBER] [--as USERNAME]`."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat

from policies.models import BusinessUnit
from portal.foundation import clock
from portal.foundation.errors import PortalError
from portal.models import User
from reports.exports.formats import FORMATS
from reports.models import FrozenFigures
from reports.packs.quarters import NotAQuarter, Quarter
from reports.packs.services import build_pack


class Command(BaseCommand):
    help = "Builds the review of a quarter as JSON, CSV, XLSX and PDF. Exit status 0 when every file was written, else 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("quarter", metavar="QUARTER", help="year and quarter, such as 2016Q1")
        parser.add_argument("--out", metavar="DIR", required=True, type=Path, help="folder for the files; made when it does not exist")
        parser.add_argument(
            "--format", metavar="FORMAT", dest="formats", action="append", default=[],
            help=f"one of {', '.join(FORMATS)}; may be repeated; all of them when left out",
        )  # fmt: skip
        parser.add_argument("--unit", metavar="NAME", help="of this business unit and its parts; of the whole organisation when left out")
        parser.add_argument(
            "--frozen", metavar="NUMBER", type=int,
            help="from the frozen figures with this number (1 for the first) instead of the data as they are now",
        )  # fmt: skip
        parser.add_argument("--as", metavar="USERNAME", dest="username", help="build as this person, who needs the right to")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            quarter = Quarter.asked_for(options["quarter"], clock.now())
            unit = _unit(options["unit"])
            built = build_pack(
                quarter,
                out=options["out"],
                unit=unit,
                frozen=_frozen(quarter, unit, options["frozen"]),
                formats=options["formats"],
                actor=_person(options["username"]),
                now=clock.now(),
                tell=self._tell if sys.stderr.isatty() else _say_nothing,
            )
        except (NotAQuarter, PortalError) as error:
            raise CommandError(str(error)) from error
        for file in built.files:
            # The filter joins number and unit by a space that does not break, which terminals and scripts do not need.
            size = filesizeformat(file.size).replace("\xa0", " ")
            self.stdout.write(f"{file.path}  {size}  sha256 {file.sha256}")

    def _tell(self, step: str) -> None:
        self.stderr.write(f"{step} …", style_func=str)  # progress, not an error: without the red


def _say_nothing(step: str) -> None:
    """Progress is for people at a terminal."""


def _unit(name: str | None) -> BusinessUnit | None:
    if name is None:
        return None
    try:
        return BusinessUnit.objects.get(name=name)
    except BusinessUnit.DoesNotExist:
        raise CommandError(f"There is no business unit '{name}'.") from None


def _frozen(quarter: Quarter, unit: BusinessUnit | None, number: int | None) -> FrozenFigures | None:
    if number is None:
        return None
    try:
        return FrozenFigures.objects.get(quarter=str(quarter), unit=unit, number=number)
    except FrozenFigures.DoesNotExist:
        raise CommandError(f"Figures {number} of {quarter}, {unit or 'whole organisation'}, are not frozen.") from None


def _person(username: str | None) -> User | None:
    if username is None:
        return None
    try:
        return User.objects.get(username=username)
    except User.DoesNotExist:
        raise CommandError(f"There is no user '{username}'.") from None

"""Whose record somebody may see: their own always; by right those of their own business units and of who reports to them, or everybody's."""

from typing import Any

from django.db.models import Q, QuerySet

from policies.models import BusinessUnit, Team
from portal.foundation.access.checks import may
from portal.foundation.people.models import User

SEE, SEE_ALL = "reports.see_accountability", "reports.see_all_accountability"


def people_for(reader: Any) -> QuerySet[User]:
    """The people whose records `reader` may see, themselves among them, by name."""
    people = User.objects.filter(origin=User.Origin.PORTAL).order_by("display_name", "username", "pk")
    if may(reader, SEE_ALL):
        return people
    own = Q(pk=reader.pk)
    if may(reader, SEE):
        own |= Q(manager=reader) | Q(pk__in=Team.members.through.objects.filter(team__in=_teams_of_units(reader)).values("user"))
    return people.filter(own)


def teams_for(reader: Any) -> QuerySet[Team]:
    """The teams whose sums `reader` may see by right, by name: those of whose people each record is open to them as well.

    Of their own teams others see the line in the table of teams, out of which no colleague's number comes by subtraction.
    """
    teams = Team.objects.order_by("name", "pk")
    if may(reader, SEE_ALL):
        return teams
    return teams.filter(pk__in=_teams_of_units(reader)) if may(reader, SEE) else teams.none()


def lines_for(reader: Any) -> set[int]:
    """The teams whose line in the table of teams `reader` may see: their own, and those by right."""
    own = Team.members.through.objects.filter(user=reader).values_list("team", flat=True)
    return {*own, *teams_for(reader).values_list("pk", flat=True)}


def _teams_of_units(reader: Any) -> QuerySet[Team]:
    """The teams of the units that the reader's own teams belong to, and of all parts of these."""
    units = set(reader.teams.exclude(business_unit=None).values_list("business_unit", flat=True))
    above = dict(BusinessUnit.objects.values_list("pk", "part_of"))
    grown = True
    while grown:
        parts = {unit for unit, whole in above.items() if whole in units} - units
        units |= parts
        grown = bool(parts)
    return Team.objects.filter(business_unit__in=units)

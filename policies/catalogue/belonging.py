"""Where people belong in the catalogue, and who owns what their teams look after."""

from collections.abc import Collection

from .models import Service, Team


def where(people: Collection[int]) -> dict[int, str]:
    """The teams of each, by key, so that a team's new name moves nobody. One query."""
    found: dict[int, list[int]] = {}
    for team, person in Team.members.through.objects.filter(user__in=people).order_by("team").values_list("team", "user"):
        found.setdefault(person, []).append(team)
    return {person: f"teams {', '.join(map(str, teams))}" for person, teams in found.items()}


def who_answers(people: Collection[int]) -> dict[int, list[int]]:
    """Who owns a service of a team that the person is in. One query."""
    owned = Service.objects.filter(team__members__in=people, owner__is_active=True).order_by("tier", "pk")
    found: dict[int, list[int]] = {}
    for person, owner in owned.values_list("team__members", "owner"):
        found.setdefault(person, []).append(owner)
    return found

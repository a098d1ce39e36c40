"""Whether a level has anybody who is there, can be reached, and has shown that messages arrive. Pure."""

from collections.abc import Iterator, Sequence

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import LevelRule, TargetRule
from policies.decisions.vocabulary import Track
from portal.foundation import words

from .people import People
from .places import level_called, place_of


def check_reach(track: Track, level: LevelRule, people: People) -> list[Finding]:
    """Findings on the people of one level. What is wrong with a schedule's own people is told with the schedule."""
    place, called = place_of(track, level), f"{level_called(track, level.number)} ({level.name})"
    if not level.targets:
        return [found("level.no_people", place, f"{_capital(called)} alerts nobody.")]
    empty = [target for target in level.targets if _is_empty(target, people)]
    if len(empty) == len(level.targets):
        texts = " ".join(_nobody(target, people)[1] for target in empty)
        return [found("level.nobody_left", place, f"Nobody is left in {called}. {texts}")]
    findings = []
    for target in level.targets:
        if target in empty or _deputised(target, people):
            check, text = _nobody(target, people)
            findings.append(found(check, place_of(track, level, target), text))
    filled = [target for target in level.targets if target not in empty]
    findings += _contacts(track, level, filled, people)
    behind = [people.behind(target) for target in filled]
    if None not in behind and len({person for those in behind for person in those or ()} - people.gone) == 1:
        findings.append(found("level.one_person", place, f"{_capital(called)} rests on one person."))
    return findings


def _contacts(track: Track, level: LevelRule, targets: Sequence[TargetRule], people: People) -> Iterator[Finding]:
    """Who cannot be reached, and who has not shown that they can; one finding for the level when that is everybody."""
    called = f"{level_called(track, level.number)} ({level.name})"
    names = words.listed(list(dict.fromkeys(target.name for target in targets)))
    for target in targets:
        if not target.schedule_id and not target.team_id and _all(target, people, people.only_email, people.gone):
            text = f"{target.name} can be reached by e-mail only, and nobody hears that at night."
            yield found("target.only_email", place_of(track, level, target), text)
    if all(_all(target, people, people.deaf) for target in targets):
        text = f"Nobody in {called} can be reached: there is no active contact point behind {names}."
        yield found("level.unreachable", place_of(track, level), text)
        return
    unshown = people.unverified | people.expired
    if all(_all(target, people, unshown, people.deaf) or _all(target, people, people.deaf) for target in targets):
        text = f"Nobody in {called} has shown that messages arrive: no contact point behind {names} is verified."
        yield found("level.unverified", place_of(track, level), text)
        unshown = frozenset()
    for target in targets:
        if not target.schedule_id and not target.team_id:
            yield from _contact(place_of(track, level, target), target, people, unshown)


def _contact(place: str, target: TargetRule, people: People, unshown: frozenset[int]) -> Iterator[Finding]:
    if _all(target, people, people.deaf):
        if not _all(target, people, people.only_email, people.gone):
            yield found("target.no_contact", place, f"{target.name} has no active contact point, so no alert can reach them.")
    elif _all(target, people, unshown & people.unverified, people.deaf):
        yield found("contact.unverified", place, f"{target.name} has not shown that messages reach them.")
    elif _all(target, people, unshown, people.deaf):
        yield found("contact.expired", place, f"The verification of the contact points of {target.name} is over.")


def _all(target: TargetRule, people: People, among: frozenset[int], without: frozenset[int] = frozenset()) -> bool:
    """Whether everybody behind `target` but those in `without` is `among` these; never for nobody or for whom nobody knows."""
    behind = people.behind(target)
    return behind is not None and bool(behind - without) and behind - without <= among


def _is_empty(target: TargetRule, people: People) -> bool:
    behind = people.behind(target)
    return behind is not None and not behind - people.gone


def _deputised(target: TargetRule, people: People) -> bool:
    """Whether only the deputy of the role is there."""
    holder = people.roles.get(target.role_id or 0, (0, None))[0]
    return target.role_id is not None and (holder is None or holder in people.gone)


def _nobody(target: TargetRule, people: People) -> tuple[str, str]:
    """The check that speaks about a place with nobody in it, and its words."""
    if target.role_id is not None:
        instead = "" if _is_empty(target, people) else " Alerts go to the deputy."
        return "target.no_holder", f"Nobody who is there holds the role {target.name}.{instead}"
    if target.team_id is not None and not people.teams.get(target.team_id):
        return "target.no_schedule", f"There is no schedule for {target.name}."
    if target.team_id is not None or target.schedule_id is not None:
        return "target.empty_schedule", f"Nobody is in the rotation of {target.name}."
    return "target.left", f"{target.name} can no longer sign in."


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"

"""Every check of a version at once. Pure: the content, the broader policies in force and what is known about people come in.

What a version says itself is checked thoroughly. What it leaves to broader policies was checked there: of that, only what has become
wrong since is told, and what does not fit together with the version.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from policies.decisions.findings import Finding, elsewhere, found, heaviest_first
from policies.decisions.rota import RotaSnapshot
from policies.decisions.ruleset import NOTHING, PolicySnapshot
from policies.decisions.scopes import RulesInForce, Source, compose
from policies.decisions.vocabulary import Scope, Track
from policies.messages.checks import check_announcements, check_audiences, check_messages
from policies.oncall.checks import check_schedule
from policies.pathways.checks import check_levels, check_silence
from policies.pathways.mandates import check_mandates
from policies.pathways.people import People
from policies.severity.checks import check_thresholds
from policies.severity.exceptions import check_exceptions
from policies.severity.impact import check_business, check_matrix
from portal.foundation import words

from .promises import Served, check_law, check_promises, worst_cases

OWN = 0
PART_OF = {Track.TECHNICAL: "technical track", Track.STAKEHOLDER: "stakeholder track", Track.COMPLIANCE: "compliance track"}
LAW = "Legal and compliance track"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks know beyond the content: from when to look ahead, the policy's owner and scope, people by primary key, the
    schedules, what broader policies in force say, and the services in scope."""

    since: datetime
    owner_id: int
    owner_name: str
    people: People = field(default_factory=People)
    rotas: Mapping[int, RotaSnapshot] = field(default_factory=dict)
    scope: Scope = Scope.SERVICE
    broader: tuple[tuple[Source, PolicySnapshot], ...] = ()
    services: tuple[Served, ...] = ()


def check(content: PolicySnapshot, facts: Facts) -> list[Finding]:
    """Everything the checks say, errors first. The list of checks: docs/rules/checks.md."""
    rotations = {key: _on_duty_some_time(rota, facts.since) for key, rota in facts.rotas.items()}
    people = replace(facts.people, rotations={**rotations, **facts.people.rotations})
    rules = compose([(Source(facts.scope, "This version", OWN), content), *facts.broader])
    findings = [*_whole(content, rules, facts), *_pathway(content, rules, people, facts), *_severity(content, rules, facts)]
    findings += _duty(content, people, facts)
    findings += [*_mandatory(rules, facts), *_promised(rules, facts), *_told(content, rules, people), *_owner(content, facts)]
    for track in Track:
        findings += _from(rules, track, worst_cases(rules.content, track))
    return heaviest_first(findings)


def _on_duty_some_time(rota: RotaSnapshot, since: datetime) -> set[int]:
    """The rotation; without one, whoever an override that is not over puts on duty."""
    if rota.people():
        return {person.person_id for person in rota.people()}
    return {override.person.person_id for override in rota.overrides if override.ends_at > since}


def _whole(content: PolicySnapshot, rules: RulesInForce, facts: Facts) -> Iterator[Finding]:
    if replace(content, stakeholder_from=NOTHING.stakeholder_from, measures=()) == NOTHING:
        yield found("policy.says_nothing", "The version", "The version says nothing at all, so it changes nothing for anybody.")
    if facts.scope is Scope.SERVICE and not rules.content.levels:
        yield found("level.none", "Levels", "There is no level, here or in a broader policy: nobody would be alerted.")
    if facts.scope is Scope.SERVICE and not rules.content.thresholds:
        text = "There is no threshold, here or in a broader policy: readings will never declare an incident, people have to."
        yield found("threshold.none", "Thresholds", text)
    goes_with_levels = {
        "the resolution milestone": content.resolve_within is not None,
        "the silence after an acknowledgement": content.silent_after is not None,
        "the repeats": bool(content.repeats),
        "what severities change": bool(content.severity_rules),
    }
    ignored = [name for name, said in goes_with_levels.items() if said]
    if ignored and not content.levels:
        text = f"{words.listed(ignored).capitalize()} would not count: there are no technical levels here that this goes with."
        yield found("track.ignored", "Levels", text)


def _pathway(content: PolicySnapshot, rules: RulesInForce, people: People, facts: Facts) -> Iterator[Finding]:
    """Own levels, and of inherited ones what has become wrong since."""
    for track in Track:
        counted = rules.content.on_track(track)
        own = bool(content.levels_of(track))
        milestone, silence, paces = (counted.resolve_within, counted.silent_after, counted.severity_rules) if own else (None, None, ())
        findings = check_levels(counted.levels, people, track=track, resolve_within=milestone, severity_rules=paces)
        findings += check_silence(counted.levels, silence, milestone)
        findings += check_mandates(counted.levels, people.gone, facts.since.date(), track=track)
        yield from findings if own else _from(rules, track, (finding for finding in findings if finding.blocking))


def _from(rules: RulesInForce, track: Track, findings: Iterator[Finding]) -> Iterator[Finding]:
    """The findings on a track, said to be inherited where a broader policy brings it."""
    source = rules.supplier(PART_OF[track])
    for finding in findings:
        yield finding if source is None or source.version_id == OWN else elsewhere(finding, source)


def _severity(content: PolicySnapshot, rules: RulesInForce, facts: Facts) -> Iterator[Finding]:
    """Start levels are held against the levels that will count, whoever brings them."""
    numbers = {level.number for level in rules.content.levels} or None
    today, gone = facts.since.date(), facts.people.gone
    findings = [*check_thresholds(content.thresholds, numbers), *check_exceptions(content.exceptions, numbers, gone, today)]
    source = rules.supplier("technical track")
    for finding in findings:
        if source is not None and source.version_id != OWN and finding.id.endswith(".no_such_level"):
            finding = replace(finding, text=f"{finding.text} The levels are those of {source.name}.")
        yield finding
    yield from check_business(content.business)
    yield from check_matrix(content.matrix)
    if not content.levels:
        return
    for broader, said in facts.broader:
        thresholds = () if rules.supplier("severity criteria") != broader else check_thresholds(said.thresholds, numbers)
        exceptions = [rule for rule in said.exceptions if rule in rules.content.exceptions]
        for finding in (*thresholds, *check_exceptions(exceptions, numbers, (), today)):
            if finding.id.endswith(".no_such_level"):
                yield elsewhere(finding, broader)


def _duty(content: PolicySnapshot, people: People, facts: Facts) -> Iterator[Finding]:
    """The schedules that the version's own levels rely on."""
    targets = [target for track in Track for level in content.levels_of(track) for target in level.targets]
    relied_on = {schedule for target in targets for schedule in people.schedules_of(target) or ()}
    for key, rota in facts.rotas.items():
        if key in relied_on:
            yield from check_schedule(
                rota,
                facts.since,
                gone=people.gone,
                unreachable=people.unreachable,
                only_email=people.only_email,
                unverified=people.unverified,
                expired=people.expired,
            )


def _mandatory(rules: RulesInForce, facts: Facts) -> Iterator[Finding]:
    """The compliance track starts whether it has levels or not; without levels nobody is alerted."""
    if rules.content.compliance_levels:
        return
    without = [service for service in facts.services if not service.own_compliance]
    regulated = [service.name for service in without if service.regulated]
    if regulated:
        more = [words.counted(len(regulated) - 1, "more regulated service")] if len(regulated) > 1 else []
        text = f"{words.listed([regulated[0], *more])} would have nobody who answers to the law: no policy brings the compliance track."
        yield found("track.mandatory", LAW, text)
    elif without or not facts.services:
        yield found("track.personal_data", LAW, "No policy brings the compliance track, should an incident be marked with personal data.")


def _promised(rules: RulesInForce, facts: Facts) -> Iterator[Finding]:
    yield from _from(rules, Track.TECHNICAL, check_promises(rules.content, facts.services))
    yield from _from(rules, Track.COMPLIANCE, check_law(rules.content, facts.services))


def _told(content: PolicySnapshot, rules: RulesInForce, people: People) -> Iterator[Finding]:
    yield from check_messages(content.messages, {track: rules.content.levels_of(track) for track in Track})
    yield from check_audiences(rules.content)
    yield from check_announcements(content.announcements, people.gone, people.roles)
    if not rules.content.announcements:
        yield found("announcement.none", "Announcements", "Nobody is named who speaks about SEV1 incidents, here or in a broader policy.")


def _owner(content: PolicySnapshot, facts: Facts) -> Iterator[Finding]:
    owner, name, people = facts.owner_id, facts.owner_name, facts.people
    if owner in people.gone:
        yield found("owner.left", "Owner", f"{name}, who owns the policy, can no longer sign in.")
        if content.levels and content.repeats:
            text = f"The way through the levels begins {words.counted(content.repeats, 'more time')} and ends with {name}, who has left."
            yield found("pathway.no_end", "Levels", text)
    elif owner in people.unreachable:
        text = f"{name} owns the policy, is told when nobody answered, and has no active contact point."
        yield found("owner.no_contact", "Owner", text)
    elif owner in people.unverified or owner in people.expired:
        check = "contact.unverified" if owner in people.unverified else "contact.expired"
        yield found(check, "Owner", f"{name}, who is told when nobody answered, has not shown that messages arrive.")

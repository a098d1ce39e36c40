"""Simulating a policy version: who would be told when, by which ways and why. Reads, and never writes anything."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q

from policies.catalogue.models import CustomerSegment, Service
from policies.decisions.escalation_facts import Kind
from policies.decisions.judgement import Facts
from policies.decisions.measures import MEASURES
from policies.decisions.ruleset import PolicySnapshot, TargetRule
from policies.decisions.scopes import RulesInForce, Source, compose
from policies.decisions.vocabulary import Scale, Scope, Track
from policies.governance.models import PolicyVersion
from policies.governance.queries import source_of, versions_in_force
from policies.governance.snapshots import draft_snapshot, snapshot_of
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User

from .course import run
from .grading import Grader
from .happenings import Happening
from .people import People
from .scenario import NotUsable, Scenario, checked
from .script import ANYBODY, Line, What
from .values import Course, Setting, Step
from .voices import Imagined, Voice, voices
from .ways import Reaching, Way

SEE, SEE_DUTY = "policies.view_policyversion", "policies.view_oncallschedule"
# What sends a message to somebody.
SENDS = (Kind.PAGED, Kind.REMINDED, Kind.EXHAUSTED)
# What a timeline leaves out, as it says it otherwise.
PLAIN = {Kind.ENDED: "The escalation ends", Kind.ACKNOWLEDGED: "Acknowledged"}


@dataclass(frozen=True, slots=True)
class Telling:
    """One step as people read it: the sentence, and of a message its receiver, its title and the ways that it would take."""

    step: Step
    text: str
    receiver: str = ""
    title: str = ""
    ways: tuple[Way, ...] = ()

    @property
    def role(self) -> str:
        """'primary', 'backup 1'; empty where it is about no place of a level."""
        position = self.step.action.position
        return TargetRule(position, None, None, "").role if position else ""


@dataclass(frozen=True, slots=True)
class Follows:
    """What a track follows, and whether a policy says who answers for it."""

    version: PolicyVersion
    snapshot: PolicySnapshot
    supplied: bool


@dataclass(frozen=True, slots=True)
class Simulation:
    """What was asked, what counts, and what would happen. `version` None: whatever is in force for the service.

    `people` are those whom the levels can name.
    """

    scenario: Scenario
    service: Service
    version: PolicyVersion | None
    rules: RulesInForce
    follows: Mapping[Track, Follows]
    course: Course
    told: tuple[Telling, ...]
    people: tuple[User, ...] = ()


def simulate(version: PolicyVersion | None, scenario: Scenario, *, actor: Any, now: datetime) -> Simulation:
    """Runs `scenario` through `version` (whatever its state) beside the other policies that are in force for the service then.

    `version` None takes what is in force. Writes nothing; a constant number of queries. Raises NotAllowed for those who may not see the
    version or who is on call, InvalidInput naming what is wrong with the scenario, and WrongState for content that cannot be trusted.
    """
    require(actor, SEE, version, to="see this policy version, and so not simulate it")
    require(actor, SEE_DUTY, to="see who is on call, and so not simulate whom a policy alerts")
    return _Asked(version, _usable(scenario), now).answer()


class _Asked:
    """One simulation being put together."""

    def __init__(self, version: PolicyVersion | None, scenario: Scenario, now: datetime) -> None:
        self._version, self._scenario, self._now = version, scenario, now
        self._service = _service(scenario.service)
        self._said = {one.pk: (one, _content(one)) for one in self._versions()}
        self._rules = compose([(source_of(one), content) for one, content in self._said.values()])
        self._follows = self._followed()
        levels = {track: follows.snapshot.levels for track, follows in self._follows.items()}
        self._people = People(levels, scenario.begins, now)

    def answer(self) -> Simulation:
        scenario, facts = self._scenario, self._facts()
        script = tuple(self._happening(number, line) for number, line in enumerate(scenario.lines, -bool(scenario.severity)))
        setting = Setting(
            begins=scenario.begins,
            grader=Grader(self._rules.content, described=scenario.impact is not None),
            facts=facts,
            tracks={track: follows.snapshot for track, follows in self._follows.items()},
            roster=self._people.roster,
            reached_after=self._reaching.reached_after,
            script=script,
        )
        course = run(setting)
        told = tuple(self._telling(step) for step in course.steps)
        return Simulation(
            scenario,
            self._service,
            self._version,
            self._rules,
            self._follows,
            course,
            told,
            tuple(sorted(self._people.by_id.values(), key=str)),
        )

    # What counts.

    def _versions(self) -> list[PolicyVersion]:
        """What is in force for the service when the incident begins, with the version in question in the place of its policy's own."""
        found = versions_in_force(self._service, self._scenario.begins)
        if self._version is None:
            return found
        if not _speaks_for(self._version, self._service):
            problem = f"{self._version.policy} does not speak for {self._service}. Choose a service that it speaks for."
            raise InvalidInput(problem, {"service": [problem]})
        return [one for one in found if one.policy_id != self._version.policy_id] + [self._version]

    def _followed(self) -> dict[Track, Follows]:
        """What each track follows: the version that supplies it; where none does, the one that the technical track follows."""
        supplied = self._supplier("technical track")
        own = self._said.get(supplied.version_id if supplied else 0) or next(iter(self._said.values()), None)
        if own is None:
            return {}
        found = {}
        for track in Track:
            supplier = self._supplier(f"{track.value} track")
            version, content = self._said[supplier.version_id] if supplier else own
            found[track] = Follows(version, content.on_track(track), supplier is not None)
        return found

    def _supplier(self, part: str) -> Source | None:
        return self._rules.supplier(part)

    def _facts(self) -> Facts:
        asked = self._scenario
        criticality = 0
        if asked.segment is not None:
            segment = CustomerSegment.objects.filter(pk=asked.segment).first()
            if segment is None:
                raise InvalidInput("There is no such customer segment.", {"segment": ["There is no such customer segment."]})
            criticality = segment.criticality
        return Facts(
            impact=asked.impact or Scale.LOW,
            urgency=asked.urgency or Scale.LOW,
            service_id=self._service.pk,
            executive_system=self._service.executive_system,
            personal_data=asked.personal_data,
            regulated=asked.regulated or self._service.regulated,
            data_breach=asked.data_breach,
            labels=frozenset(label.casefold() for label in asked.labels),
            revenue_loss_per_hour=asked.loss,
            currency=asked.currency,
            exposure=asked.exposure,
            criticality=criticality,
        )

    # Whom the script is about.

    def _happening(self, number: int, line: Line) -> Happening:
        if line.what is What.READING and line.reading[0] not in self._measures:
            problem = f"There is no measure '{line.reading[0][:40]}'. Known: {', '.join(sorted(self._measures))}."
            raise InvalidInput(problem, {f"script.{number}": [problem]})
        if not line.who or line.who == ANYBODY or line.level is not None:
            return Happening(line)
        found = _called(line.who, self._people.by_id.values()) or _called(line.who, self._others)
        if len(found) == 1:
            return Happening(line, found[0].pk, str(found[0]))
        names = ", ".join(sorted(f"{person} ({person.username})" for person in found)[:5])
        problem = f"'{line.who}' may be {names}. Give the user name." if found else f"Nobody is called '{line.who}'. Give the user name."
        raise InvalidInput(problem, {f"script.{number}": [problem]})

    @cached_property
    def _measures(self) -> set[str]:
        return {*MEASURES, *(measure.key for measure in self._rules.content.measures)}

    @cached_property
    def _others(self) -> list[User]:
        """People of the script whom no level names. One query."""
        asked = Q(pk__in=())
        for who in {line.who for line in self._scenario.script if line.who}:
            asked |= Q(username__iexact=who) | Q(display_name__iexact=who)
        return list(User.objects.filter(asked, is_active=True).order_by("pk"))

    # How it is told.

    @cached_property
    def _voice(self) -> Voice | None:
        return next((voice for _, voice in voices), None)

    @cached_property
    def _reaching(self) -> Reaching:
        owners = [person.pk for person in self._last_resort.values() if person is not None]
        return Reaching({*self._people.ids, *owners}, self._voice.kind if self._voice else "")

    @cached_property
    def _last_resort(self) -> dict[Track, Any]:
        """Who is told of each track that nobody could be reached."""
        asked: dict[int | None, Any] = {}
        for follows in self._follows.values():
            owner = follows.version.policy.owner
            if self._voice and follows.version.policy.owner_id not in asked:
                asked[follows.version.policy.owner_id] = self._voice.last_resort(self._service, owner)
        return {track: asked.get(follows.version.policy.owner_id) for track, follows in self._follows.items()}

    def _telling(self, step: Step) -> Telling:
        action, follows, voice = step.action, self._follows[step.track], self._voice
        text = voice.told(action, step.before, follows.snapshot, step.track) if voice else ""
        text = text or PLAIN.get(action.kind) or action.kind.value.replace("_", " ").capitalize()
        if action.kind not in SENDS:
            return Telling(step, text)
        owner = self._last_resort[step.track] if action.kind is Kind.EXHAUSTED else None
        person, name = (owner.pk, str(owner)) if owner else (action.person_id, action.person_name)
        imagined = Imagined(
            self._service,
            self._scenario.title,
            self._scenario.begins,
            step.grade,
            step.track,
            follows.version.policy.name,
            self._rules.content,
        )
        title = voice.title(imagined, action, follows.snapshot) if voice else ""
        ways = self._reaching.ways(person, step.grade.urgent, step.failing) if person is not None else ()
        return Telling(step, text, name, title, ways)


def _usable(scenario: Scenario) -> Scenario:
    try:
        return checked(scenario)
    except NotUsable as error:
        raise InvalidInput(str(error), {name: [problem] for name, problem in error.problems.items()}) from None


def _service(key: int) -> Service:
    found = Service.objects.select_related("owner", "business_unit").filter(pk=key).first()
    if found is None:
        raise InvalidInput("There is no such service.", {"service": ["There is no such service."]})
    return found


def _content(version: PolicyVersion) -> PolicySnapshot:
    """What the version says: frozen, or as the rows of a draft stand now."""
    return snapshot_of(version) if version.content else draft_snapshot(version)


def _speaks_for(version: PolicyVersion, service: Service) -> bool:
    policy = version.policy
    return {
        Scope.SERVICE: policy.service_id == service.pk,
        Scope.TIER: policy.tier == service.tier,
        Scope.BUSINESS_UNIT: policy.business_unit_id == service.business_unit_id,
        Scope.GLOBAL: True,
    }[Scope(policy.scope)]


def _called(who: str, people: Iterable[User]) -> list[User]:
    """Whoever is called so: by user name, by full name, else by the first name."""
    asked, known = who.casefold(), list(people)
    ways: tuple[Callable[[User], str], ...] = (lambda person: person.username, str, lambda person: str(person).partition(" ")[0])
    for name_of in ways:
        found = [person for person in known if name_of(person).casefold() == asked]
        if found:
            return found
    return []

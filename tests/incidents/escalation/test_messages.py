"""What an alerted person reads: the policy's template for the track and level, never anything that stops the alert."""

from datetime import datetime, timedelta

import pytest

from incidents.escalation import messages, words
from incidents.escalation.engine import run_cycle
from incidents.models import Incident
from policies.messages.preview import preview
from policies.models import EscalationPolicy, MessageTemplate, PolicyVersion, Service
from portal.foundation.errors import InvalidInput
from portal.models import OutboxMessage, User
from tests.factories import policies as make
from tests.factories.incidents import incident
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


def reachable(name: str) -> User:
    someone = person(name, roles=("responder",))
    contact(someone)
    return someone


def version(now: datetime, **level: object) -> PolicyVersion:
    """Ana, then Tom; level 2: Kim; Eva among the stakeholders. A template for level 1, one for every level, one for executives."""
    draft = make.draft(make.policy(make.service("Card payments"), name="Cards"), now=now)
    make.level(draft, 1, reachable("Ana Ruiz"), reachable("Tom Berg"), name="First line", **level)
    make.level(draft, 2, reachable("Kim Park"), name="Managers")
    make.level(draft, 1, reachable("Eva Lind"), track="stakeholder", name="Executives")
    texts = {
        ("technical", 1, "technical"): (
            "{{ incident.number }} for {{ person.name }}",
            "{{ level.number }} {{ level.name }}: {{ next.step }}",
        ),
        ("technical", 0, "technical"): ("{{ incident.title }}", "{{ policy.name }}, {{ incident.severity }}, {{ incident.opened_at }}"),
        ("technical", 0, "executive"): ("Never", "Sent"),
        ("stakeholder", 0, "executive"): ("For executives: {{ incident.service }}", "{{ incident.priority }}, {{ incident.link }}"),
        ("stakeholder", 0, "technical"): ("Never", "Sent"),
    }
    for (track, number, audience), (subject, body) in texts.items():
        MessageTemplate.objects.create(version=draft, track=track, level=number, audience=audience, subject=subject, body=body)
    return make.approve(draft, now=now)


def opened(now: datetime, of: PolicyVersion) -> Incident:
    return incident(now, service=of.policy.service)


def sent(to: str) -> tuple[str, str]:
    message = OutboxMessage.objects.filter(person_name=to).latest("created_at")
    return message.title, message.body


def test_the_templates_of_the_level_and_of_every_level_are_used(now: datetime) -> None:
    subject = opened(now, version(now))
    for minute in (0, 5, 15):
        run_cycle(now=now + timedelta(minutes=minute))
    assert sent("Ana Ruiz") == (
        f"{subject.number} for Ana Ruiz",
        "1 First line: Level 1, Tom Berg, in 5 min, unless Ana Ruiz acknowledges",
    )
    assert sent("Kim Park") == ("Card payments fail", "Cards, –, 2 March 2026, 09:00 UTC")


def test_executives_read_their_own_template(now: datetime) -> None:
    subject = opened(now, version(now))
    Incident.objects.filter(pk=subject.pk).update(severity="SEV1")
    run_cycle(now=now)
    run_cycle(now=now)
    assert sent("Eva Lind") == ("For executives: Card payments", f"P2 high, {messages.link_to(subject)}")


def test_a_reminder_says_that_it_is_one_and_how_long_is_left(now: datetime) -> None:
    subject = opened(now, version(now, reminders="4 min"))
    for minute in (0, 5, 11):
        run_cycle(now=now + timedelta(minutes=minute))
    title, body = sent("Tom Berg")
    assert title == f"Reminder: {subject.number} for Tom Berg"
    assert body.startswith("The time to answer at level 1 ends in 4 min.\n1 First line")
    assert sent("Ana Ruiz")[0] == f"Reminder: {subject.number} for Ana Ruiz"


def test_a_title_full_of_braces_and_lines_stays_text(now: datetime) -> None:
    subject = opened(now, version(now))
    Incident.objects.filter(pk=subject.pk).update(title="{{ person.name }}\n<b>Call +1 900</b>")
    for minute in (0, 5, 15):
        run_cycle(now=now + timedelta(minutes=minute))
    assert sent("Kim Park")[0] == "{{ person.name }} <b>Call +1 900</b>"


def test_a_template_that_cannot_be_used_never_stops_an_alert(
    now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subject = opened(now, version(now))
    monkeypatch.setattr(messages, "render", lambda *_: 1 / 0)
    assert run_cycle(now=now).failed == 0
    assert sent("Ana Ruiz")[0] == f"P2 {subject.number} Card payments fail"
    assert "could not be used" in caplog.text


def test_a_preview_shows_a_sample_or_a_real_incident(now: datetime) -> None:
    subject = opened(now, version(now))
    sample = preview("{{ incident.number }}", "{{ person.name }} {{ level.name }}", viewer=person("Writer"))
    assert (sample.subject, sample.body, sample.about) == ("INC-000123", "Ana Ruiz Payments platform, on call", "a sample incident")
    viewer = person("Reader", roles=("responder",))
    real = preview(
        "{{ incident.number }} {{ incident.severity }}",
        "{{ policy.name }} {{ level.number }} {{ level.name }} {{ incident.colour }}",
        viewer=viewer,
        number=subject.number.lower(),
        level=3,
        level_name="Board",
    )
    assert (real.subject, real.body) == (f"{subject.number} –", "Cards 3 Board {{ incident.colour }}")
    assert (real.about, real.missing) == (f"incident {subject.number}", ("incident.severity", "incident.colour"))
    assert real.problems[0].startswith("'incident.colour' is not known")


def test_a_preview_shows_no_incident_that_the_viewer_may_not_see(now: datetime) -> None:
    subject = opened(now, version(now))
    for number in (subject.number, "INC-999999", "' OR 1=1"):
        with pytest.raises(InvalidInput, match="No incident that you may see is called"):
            preview("x", "y", viewer=person("Stranger"), number=number)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Card payments fail", "Card payments fail"),
        ("card payments: 30 % fail", "card payments: 30 % fail"),
        ("Card payments", "Card payments"),
        ("Card paymentsX fails", "Card payments: Card paymentsX fails"),
        ("Authorisation is slow", "Card payments: Authorisation is slow"),
    ],
)
def test_the_service_is_not_named_twice_where_the_title_begins_with_it(title: str, said: str) -> None:
    assert words.what_happened(Incident(title=title, service=Service(name="Card payments"))) == said


def test_no_alert_says_the_name_of_the_service_twice(now: datetime) -> None:
    """To whoever is alerted in the portal's own words, and to the owner of last resort."""
    service = make.service("Card payments")
    make.in_force(service, [reachable("Ana Ruiz")], now=now)
    EscalationPolicy.objects.update(owner=reachable("Olga Owner"))
    incident(now, service=service, title="Card payments fail")
    for minute in (0, 15, 60):
        run_cycle(now=now + timedelta(minutes=minute))
    first = {message.person_name: message.body.splitlines()[0] for message in OutboxMessage.objects.all()}
    assert first == {"Ana Ruiz": "Card payments fail", "Olga Owner": "Card payments fail"}

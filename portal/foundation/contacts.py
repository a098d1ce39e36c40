"""How a person can be reached, changed by the person or by somebody with the right: contact points, their order, rules by urgency."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Max

from portal.foundation.access.checks import require
from portal.foundation.adminkit.frame import frames
from portal.foundation.adminkit.ordered_rows import OUT_OF_THE_WAY
from portal.foundation.base_models import delete_tracked, save_tracked
from portal.foundation.channels.base import check_address
from portal.foundation.directory.on_duty import on_duty
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.people.addresses import EMAIL, as_kept
from portal.foundation.people.models import ContactPoint, ContactRule, User
from portal.foundation.people.reach import can_interrupt
from portal.foundation.people.wanted import items

# More ways than anybody has; a list that grows without end is a mistake or an attack.
MOST = 12
CHANGE, ADD = "portal.change_contactpoint", "portal.add_contactpoint"
Urgency = ContactRule.Urgency


def add_contact(person: Any, *, channel: str, address: str, label: str, actor: Any, now: datetime, reason: str = "") -> ContactPoint:
    """A new way to reach `person`, tried after all others until it is moved. Not verified yet.

    Raises NotAllowed, InvalidInput for an address that is none of `channel`, a missing label or one more than a dozen.
    """
    _require(actor, person, ADD)
    address = _checked(channel, address)
    label = _labelled(label)
    with frames["act"]("contactpoint.created", actor=actor, now=now, why=reason) as running:
        _alone_with(person)
        known = person.contact_points.all()
        if len(known) >= MOST:
            raise InvalidInput(f"There are {MOST} contact points already. Change one that is no longer used.")
        if any((point.channel, point.address) == (channel, address) for point in known):
            raise InvalidInput("This address stands here already.", {"address": ["This address stands here already."]})
        last = known.aggregate(last=Max("order"))["last"] or 0
        point = ContactPoint(person=person, channel=channel, address=address, label=label, order=last + 1)
        save_tracked(point, actor=actor, now=now, reason=reason)
        running.subject, running.details["address"] = point, "given"
    return point


def change_contact(
    point: ContactPoint, *, label: str, address: str = "", actor: Any, now: datetime, reason: str = "", anyway: bool = False
) -> ContactPoint:
    """Another label, or another address, which then has to be verified anew; an empty `address` leaves it as it is.

    Raises NotAllowed, InvalidInput, and WrongState where it would leave somebody on duty without a verified way (see `losing`).
    """
    _require(actor, point.person, CHANGE)
    label = _labelled(label)
    with frames["act"]("contactpoint.changed", actor=actor, now=now, why=reason) as running:
        _alone_with(point.person)
        point = ContactPoint.objects.select_related("person").get(pk=point.pk)
        running.subject, address = point, _checked(point.channel, address) if address.strip() else point.address
        if (label, address) == (point.label, point.address):
            running.nothing_happened()
            return point
        if address != point.address:
            _insist(point, now, anyway)
            running.details["address"] = "replaced"
        point.label, point.address = label, address
        save_tracked(point, actor=actor, now=now, reason=reason)
    return point


def switch_off(point: ContactPoint, *, actor: Any, now: datetime, reason: str = "", anyway: bool = False) -> ContactPoint:
    """Nothing is sent there any more. Raises NotAllowed, and WrongState as `change_contact` does."""
    _require(actor, point.person, CHANGE)
    return _switched(point, False, actor, now, reason, lambda fresh: _insist(fresh, now, anyway))


def switch_on(point: ContactPoint, *, actor: Any, now: datetime, reason: str = "") -> ContactPoint:
    """Messages go there again. Raises NotAllowed."""
    _require(actor, point.person, CHANGE)
    return _switched(point, True, actor, now, reason, lambda fresh: None)


def move(point: ContactPoint, *, earlier: bool, actor: Any, now: datetime, reason: str = "") -> None:
    """Swaps `point` with the one that is tried before it, or after it; nothing when there is none. Raises NotAllowed."""
    _require(actor, point.person, CHANGE)
    with frames["act"]("contactpoint.moved", actor=actor, now=now, subject=point, why=reason) as running:
        _alone_with(point.person)
        point.refresh_from_db()
        side = {"order__lt": point.order} if earlier else {"order__gt": point.order}
        other = point.person.contact_points.filter(**side).order_by("-order" if earlier else "order").first()
        if other is None:
            running.nothing_happened()
            return
        mine, theirs = point.order, other.order
        # The number is free while the two change places; what history tells is the save that follows.
        ContactPoint.objects.filter(pk=point.pk).update(order=mine + OUT_OF_THE_WAY)
        for row, order in ((other, mine), (point, theirs)):
            row.order = order
            save_tracked(row, actor=actor, now=now, reason=reason)


def set_rules(person: Any, urgency: str, contacts: Sequence[int], *, actor: Any, now: datetime, reason: str = "") -> list[ContactRule]:
    """From now on `person` is reached by `contacts` (primary keys) in this order when it is `urgency`; by the others after them.

    None at all: in the order of the contact points. Raises NotAllowed, and InvalidInput for somebody else's contact points, one that is
    switched off, one named twice, and for urgent ways of which none interrupts.
    """
    _require(actor, person, CHANGE)
    if urgency not in Urgency.values:
        raise InvalidInput("Choose urgent or normal.")
    with frames["act"]("contactrules.set", actor=actor, now=now, subject=person, why=reason) as running:
        _alone_with(person)
        points = {point.pk: point for point in person.contact_points.all()}
        _check_rules(urgency, contacts, points)
        before = list(ContactRule.objects.filter(person=person, urgency=urgency).order_by("position"))
        if [rule.contact_id for rule in before] == list(contacts):
            running.nothing_happened()
            return before
        for rule in before:
            delete_tracked(rule, actor=actor, now=now, reason=reason)
        made = [ContactRule(person=person, urgency=urgency, position=at, contact_id=key) for at, key in enumerate(contacts, start=1)]
        for rule in made:
            save_tracked(rule, actor=actor, now=now, reason=reason)
        running.details = {"urgency": urgency, "ways": [points[key].label for key in contacts]}
    return made


def refuse_to_lose(point: ContactPoint, *, now: datetime, anyway: bool = False) -> None:
    """Refuses what `point` is about to become: switched off, or elsewhere, where it is the last verified way to somebody on duty.

    For a form that saves by itself: call it in the transaction of that save. Raises WrongState as `change_contact` does.
    """
    if point.pk is None:
        return
    before = ContactPoint.objects.select_related("person").get(pk=point.pk)
    _alone_with(before.person)
    before.refresh_from_db()
    if not point.active or any(getattr(point, name) != getattr(before, name) for name in ("person_id", "channel", "address")):
        _insist(before, now, anyway)


def losing(point: ContactPoint, now: datetime) -> str:
    """What it means to lose `point` now, in words, when it is the last verified way to somebody on duty; else empty."""
    if not (point.active and point.verified(now) and can_interrupt(point.channel, point.address)):
        return ""
    others = ContactPoint.objects.filter(person=point.person_id, active=True, verified_until__gt=now).exclude(pk=point.pk)
    if any(can_interrupt(other.channel, other.address) for other in others):
        return ""
    duty = on_duty(now).get(point.person_id)
    return (
        f"{duty}: this is the last verified contact point of {point.person}, so without it nobody knows whether an alert arrives."
        if duty
        else ""
    )


def _check_rules(urgency: str, contacts: Sequence[int], points: dict[int, ContactPoint]) -> None:
    for key in contacts:
        if key not in points:
            raise InvalidInput("This contact point belongs to somebody else, or is gone. Choose from the list.")
        if not points[key].active:
            raise InvalidInput(f"'{points[key].label}' is switched off. Switch it on, or choose another.")
    if len(set(contacts)) < len(contacts):
        twice = next(key for key in contacts if contacts.count(key) > 1)
        raise InvalidInput(f"'{points[twice].label}' stands there twice. Once is enough.")
    if urgency == Urgency.URGENT and contacts and all(points[key].channel == EMAIL for key in contacts):
        raise InvalidInput("Nobody hears e-mail at night: choose at least one way that is not e-mail for what is urgent.")


def _switched(
    point: ContactPoint, active: bool, actor: Any, now: datetime, reason: str, check: Callable[[ContactPoint], None]
) -> ContactPoint:
    verb = f"contactpoint.switched_{'on' if active else 'off'}"
    with frames["act"](verb, actor=actor, now=now, subject=point, why=reason) as running:
        _alone_with(point.person)
        point = ContactPoint.objects.select_related("person").get(pk=point.pk)
        if point.active == active:
            running.nothing_happened()
            return point
        check(point)
        point.active = active
        save_tracked(point, actor=actor, now=now, reason=reason)
    return point


def _insist(point: ContactPoint, now: datetime, anyway: bool) -> None:
    told = "" if anyway else losing(point, now)
    if told:
        raise WrongState(f"{told} Verify another one first, or confirm that you mean it.")


def _alone_with(person: Any) -> None:
    """Changes of one person's ways follow each other."""
    User.objects.select_for_update(of=("self",)).get(pk=person.pk)


def _checked(channel: str, typed: str) -> str:
    if channel not in ContactPoint.Channel.values:
        raise InvalidInput("This channel is not known. Choose from the list.", {"channel": ["Choose from the list."]})
    address = as_kept(channel, typed)
    if len(address) > 500:
        raise InvalidInput("The address is longer than 500 characters.", {"address": ["It is longer than 500 characters."]})
    check_address(channel, address)
    return address


def _labelled(typed: str) -> str:
    label = " ".join(typed.split())
    if not 1 <= len(label) <= 80:
        problem = "Give it a name of up to 80 characters, such as 'my telephone'."
        raise InvalidInput(problem, {"label": [problem]})
    return label


def _require(actor: Any, person: Any, right: str) -> None:
    """People keep their own contact points; those of others need the right."""
    if actor is None or not (actor.is_active and actor.pk == person.pk):
        require(actor, right, person, to="change how this person is reached")


def describe(person: Any, *, skills: str, languages: str, actor: Any, now: datetime, reason: str = "") -> None:
    """What `person` knows and speaks, each separated by commas. People say it themselves; of others it needs the right to change them.

    Raises NotAllowed, and InvalidInput for what is no skill or language code.
    """
    if actor is None or not (actor.is_active and actor.pk == person.pk):
        require(actor, "portal.change_user", person, to="change what this person knows and speaks")
    said = {"skills": ", ".join(items(skills)), "languages": ", ".join(items(languages))}
    for name in said:
        try:
            person._meta.get_field(name).run_validators(said[name])
        except ValidationError as error:
            raise InvalidInput(error.messages[0], {name: [error.messages[0]]}) from None
    with frames["act"]("user.described", actor=actor, now=now, subject=person, why=reason) as running:
        fresh = User.objects.select_for_update(of=("self",)).get(pk=person.pk)
        if (fresh.skills, fresh.languages) == (said["skills"], said["languages"]):
            running.nothing_happened()
            return
        fresh.skills, fresh.languages = said["skills"], said["languages"]
        save_tracked(fresh, actor=actor, now=now, reason=reason, update_fields=["skills", "languages"])

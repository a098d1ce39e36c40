"""The end of an access review: everything answered, then a signature that freezes it."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from audit.duties.people_only import require_person, said
from audit.events.services import act
from audit.ledger.services import utc_text
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import WrongState

from .models import AccessCampaign, AccessItem, AccessRhythm
from .opening import RUN
from .telling import forget

SIGN = "audit.sign_accesscampaign"


def manifest(campaign: AccessCampaign) -> dict[str, Any]:
    """Everything that was asked and answered, as it is hashed; people by their keys, so that a name can be erased and the hash stays."""
    return {
        "kind": campaign.kind,
        "period": campaign.period,
        "opened_at": utc_text(campaign.opened_at),
        "due_at": utc_text(campaign.due_at),
        "snapshot": campaign.snapshot,
        "gone": campaign.gone,
        "items": [_as_plain(item) for item in campaign.items.order_by("pk")],
    }


def is_as_signed(campaign: AccessCampaign) -> bool:
    """Whether what stands in the database still has the hash that was signed."""
    return content_hash(manifest(campaign)) == campaign.sha256


def left_open(campaign: AccessCampaign) -> int:
    """How much is not settled; 'not sure' is no answer to sign."""
    settled = Q(answer__in=[AccessItem.Answer.KEEP, AccessItem.Answer.REMOVE]) | Q(lapsed=True)
    return campaign.items.exclude(settled).count()


def sign_off(campaign: AccessCampaign, *, actor: Any, now: datetime, reason: str) -> AccessCampaign:
    """Signs and freezes it. Raises NotAllowed, InvalidInput without words, WrongState while something is open or twice."""
    require_person(actor, SIGN, to="sign an access review")
    words = said(reason)
    with act("access_review.signed", actor=actor, now=now, subject=campaign, why=words) as running:
        campaign = AccessCampaign.objects.select_for_update().get(pk=campaign.pk)
        if campaign.signed_at is not None:
            raise WrongState("It was signed already. What is signed stays.")
        open_ones = left_open(campaign)
        if open_ones:
            raise WrongState(f"{open_ones} of it are not answered, or somebody is not sure. Settle them first.")
        campaign.sha256 = content_hash(manifest(campaign))
        campaign.signed_at, campaign.signed_by, campaign.sign_reason = now, actor, words
        save_tracked(campaign, actor=actor, now=now, reason=words)
        forget(campaign, now)
        running.decision = {"sha256": campaign.sha256, "items": campaign.items.count()}
    return campaign


def set_rhythm(
    rhythm: AccessRhythm, *, actor: Any, now: datetime, reason: str, months: int, days_to_answer: int, revoke_unanswered: bool
) -> None:
    """Changes how often it opens, how long reviewers have, and what happens then. What is open stays as it was opened."""
    require_person(actor, RUN, to="change how often access is reviewed")
    words = said(reason)
    with act("access_review.rhythm_set", actor=actor, now=now, subject=rhythm, why=words):
        rhythm.months, rhythm.days_to_answer, rhythm.revoke_unanswered = months, days_to_answer, revoke_unanswered
        save_tracked(rhythm, actor=actor, now=now, reason=words)


def _as_plain(item: AccessItem) -> dict[str, Any]:
    told = ("person_id", "way", "name", "place", "words", "why_asked", "answer", "note", "answered_by_id", "lapsed")
    moments = {name: utc_text(at) if (at := getattr(item, name)) else None for name in ("since", "used_at", "answered_at", "removed_at")}
    return {**{name: getattr(item, name) for name in told}, **moments}

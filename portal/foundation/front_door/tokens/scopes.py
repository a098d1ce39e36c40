"""What a token can be good for, as data: each scope opens some doors of the API. A door that stands in none is closed to every token.

A scope adds nothing to the rights of the token's owner, which are asked as ever: a token can do what both allow.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.foundation.access.checks import may_somewhere

GET, POST, PATCH = "GET", "POST", "PATCH"
Doors = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """`words` complete 'This token may …'. `rights`: whoever holds none of them has no use for it; empty means everybody has."""

    key: str
    words: str
    doors: Doors
    rights: tuple[str, ...] = ()


def _doors(method: str, *names: str) -> Doors:
    return tuple((name, method) for name in names)


_ON_CALL = tuple(f"{kind}-on-call-{page}" for kind in ("schedule", "team", "service") for page in ("list", "detail", "final-view", "gaps"))

_PREPARED = ("findings", "finding-accept", "finding-dismiss", "decisions", "decision-ask-again", "actions")

SCOPES: tuple[Scope, ...] = (
    Scope(
        "incidents.read",
        "read incidents and hand-offs",
        _doors(GET, "incident-list", "incident-detail", "hand-off-list", "hand-off-detail"),
        ("incidents.view_incident",),
    ),
    Scope(
        "incidents.report",
        "open incidents and send readings",
        _doors(POST, "incident-list", "reading-list"),
        ("incidents.add_incident", "incidents.add_impactreading"),
    ),
    Scope(
        "incidents.work",
        "acknowledge, escalate, note, correct and resolve incidents, and hand them over",
        _doors(PATCH, "incident-detail")
        + _doors(POST, *(f"incident-{act}" for act in ("acknowledge", "acknowledge-track", "escalate", "notes", "resolve")))
        + _doors(POST, "hand-off-list", *(f"hand-off-{act}" for act in ("accept", "decline", "sign", "withdraw"))),
        ("incidents.acknowledge_incident", "incidents.note_incident", "incidents.change_incident"),
    ),
    Scope(
        "incidents.command",
        "bypass levels, step down, hold, resume and take over escalations, and waive hand-offs",
        _doors(POST, *(f"incident-{act}" for act in ("bypass", "de-escalate", "hold", "resume", "take-over")), "hand-off-waive"),
        ("incidents.bypass_escalation", "incidents.deescalate_incident", "incidents.hold_escalation", "incidents.waive_handoff"),
    ),
    Scope(
        "changes.read",
        "read changes, and ask whether one may begin",
        _doors(GET, "change-list", "change-detail", "change-freezes"),
        ("incidents.view_changerequest", "incidents.view_changefreeze"),
    ),
    Scope(
        "changes.record",
        "record changes, their plans and their times",
        _doors(POST, "change-list", "change-begin", "change-end") + _doors(PATCH, "change-detail"),
        ("incidents.add_changerequest", "incidents.change_changerequest"),
    ),
    Scope(
        "feedback.read",
        "read what customers, teams and stakeholders said",
        _doors(GET, "feedback-list", "feedback-detail"),
        ("incidents.view_feedback",),
    ),
    Scope("feedback.record", "record feedback", _doors(POST, "feedback-list"), ("incidents.add_feedback",)),
    Scope(
        "policies.read",
        "read services and policies, and simulate",
        _doors(GET, "service-list", "service-detail", "service-rules", "policy-list", "policy-detail", "policy-compare")
        + _doors(GET, "policy-version-in-force", "policy-version-list", "policy-version-detail", "channels")
        + _doors(POST, "simulation-list"),
        ("policies.view_service", "policies.view_escalationpolicy"),
    ),
    Scope(
        "policies.draft",
        "write drafts of policies and submit them",
        _doors(POST, "policy-version-list", "policy-version-submit") + _doors(PATCH, "policy-version-thresholds"),
        ("policies.add_policyversion", "policies.change_policyversion"),
    ),
    Scope(
        "duty.read",
        "read who is on call, absences, overrides and swaps",
        _doors(GET, *_ON_CALL, "routing-list")
        + _doors(GET, *(f"{thing}-{page}" for thing in ("absence", "override", "swap") for page in ("list", "detail"))),
        ("policies.view_oncallschedule", "policies.view_service"),
    ),
    Scope(
        "duty.write",
        "record absences, overrides and swaps",
        _doors(POST, *(f"{thing}-list" for thing in ("absence", "override", "swap")))
        + _doors(POST, "absence-end", "override-end", "swap-accept", "swap-decline", "swap-withdraw"),
    ),
    Scope("trail.read", "read the audit trail", _doors(GET, "events", "event", "ledger"), ("audit.view_ledgerevent",)),
    Scope(
        "trail.prove",
        "follow exports of evidence and take proofs of single events",
        _doors(GET, "ledger", "ledger-export-list", "ledger-export-detail") + _doors(POST, "ledger-event-proof"),
        ("audit.export_ledgerevent",),
    ),
    Scope(
        "reviews.read",
        "read reviews of the trail, their entries and findings",
        _doors(GET, *(f"log-review{thing}-{page}" for thing in ("", "-plan", "-finding") for page in ("list", "detail")))
        + _doors(GET, "log-review-entries", "log-review-view-list")
        + _doors(POST, "log-review-check"),
        ("audit.view_reviewperiod", "audit.view_reviewplan", "audit.view_reviewfinding"),
    ),
    Scope(
        "quarterly.read",
        "read quarterly reviews with what was found, decided, agreed and signed, and conformance",
        _doors(
            GET,
            *(f"quarterly-{thing}-{page}" for thing in ("review", "action") for page in ("list", "detail")),
            "quarterly-run-detail",
            "conformance",
        )
        + _doors(POST, "quarterly-review-check"),
        ("reports.view_quarterlyreview",),
    ),
    Scope(
        "quarterly.work",
        "open quarterly reviews, judge findings, ask decisions, and agree and settle actions",
        _doors(POST, "quarterly-review-list", *(f"quarterly-review-{act}" for act in _PREPARED))
        + _doors(PATCH, "quarterly-review-detail", "quarterly-action-detail")
        + _doors(POST, "quarterly-action-finish", "quarterly-action-cancel"),
    ),
    Scope(
        "reviews.work",
        "judge entries of the trail, make findings and settle them",
        _doors(POST, *(f"log-review-{act}" for act in ("take", "marks", "findings", "close")))
        + _doors(POST, "log-review-finding-resolve", "log-review-finding-withdraw")
        + _doors(PATCH, "log-review-finding-detail"),
        ("audit.review_reviewperiod", "audit.add_reviewfinding", "audit.change_reviewfinding"),
    ),
    Scope("people.sync", "send the CMDB's files of people", _doors(POST, "directory-sync"), ("portal.run_directorysync",)),
)
BY_KEY = {scope.key: scope for scope in SCOPES}
# Open to every token: what the API is, and the token itself.
TO_ALL = frozenset({("schema", GET), ("token-list", GET), ("token-revoke", POST)})
# Closed to every token: these need a person, who proves anew who they are.
TO_NONE: dict[tuple[str, str], str] = {
    ("policy-version-approve", POST): "approving is for people",
    ("policy-version-send-back", POST): "deciding on a version is for people",
    ("change-approve", POST): "approving is for people",
    ("log-review-sign", POST): "signing is for people",
    ("log-review-reopen", POST): "who opens again what was closed is a person",
    ("log-review-manifest", GET): "what was signed leaves by a person",
    ("log-review-plan-list", POST): "what is reviewed is for people to say",
    ("log-review-plan-detail", PATCH): "what is reviewed is for people to say",
    ("log-review-plan-retire", POST): "what is reviewed no more is for people to say",
    ("quarterly-review-decision-take", POST): "deciding is for people",
    ("quarterly-review-decision-drop", POST): "deciding is for people",
    ("quarterly-review-submit", POST): "who says that a review is ready is a person",
    ("quarterly-review-sign", POST): "signing is for people",
    ("quarterly-review-send-back", POST): "who takes signatures back is a person",
    ("quarterly-review-restate", POST): "who states anew what was signed is a person",
    ("ledger-export-list", POST): "evidence leaves by a person",
    ("ledger-export-download", POST): "evidence leaves by a person",
    ("directory-export", GET): "the list of all people leaves by a person, or by the exchange with the CMDB",
}
# What a sender of alerts needs.
USUAL = ("incidents.read", "incidents.report", "incidents.work")


def scopes_for(owner: Any) -> list[Scope]:
    """Those that are of any use to `owner` now."""
    return [scope for scope in SCOPES if not scope.rights or any(may_somewhere(owner, right) for right in scope.rights)]


def needed_at(door: str, method: str) -> tuple[str, ...]:
    """The scopes of which one opens this door; none when no token opens it."""
    asked = (door, GET if method == "HEAD" else method)
    return tuple(scope.key for scope in SCOPES if asked in scope.doors)


def opens(held: Iterable[str], door: str, method: str) -> bool:
    """Whether a token with these scopes comes through the door."""
    if method == "OPTIONS" or (door, method) in TO_ALL:
        return True
    asked = (door, GET if method == "HEAD" else method)
    return any(key in BY_KEY and asked in BY_KEY[key].doors for key in held)

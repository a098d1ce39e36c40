"""What the database refuses about decisions: approvals, and what was published at once."""

# ruff: noqa: S608
from typing import Any

from portal.foundation.database_guards import Guard

from .models import PolicyVersion
from .parts import OWN_FIELDS, PARTS
from .states import APPROVAL_RULES, OTHERWISE, ApprovalRule

VERSION, APPROVAL, URGENT = "policies_policyversion", "policies_approval", "policies_urgentpublication"
PERSON = "portal_user"


def differs(*columns: str, old: str = "OLD", new: str = "NEW") -> str:
    """SQL: whether one of `columns`, which may be null, is not the same in both rows."""
    pairs = ((f"{old}.{name}", f"{new}.{name}") for name in columns)
    return "(" + " OR ".join(f"({a} <> {b} OR ({a} IS NULL) <> ({b} IS NULL))" for a, b in pairs) + ")"


def _fits(rule: ApprovalRule) -> str:
    tier = "" if rule.tier is None else f" AND COALESCE(s.tier, p.tier, 0) = {rule.tier}"
    return f"WHEN p.scope = '{rule.scope.value}'{tier} THEN {rule.approvals}"


# SQL: how many people have to approve the version that is the NEW row. Nothing fits a policy that does not exist.
NEEDED = (
    f"COALESCE((SELECT CASE {' '.join(_fits(rule) for rule in APPROVAL_RULES)} ELSE {OTHERWISE} END FROM policies_escalationpolicy p "
    "LEFT JOIN policies_service s ON s.id = p.service_id WHERE p.id = NEW.policy_id), 100)"
)


def _hand_in(version: str, person: str) -> str:
    """SQL: whether `person` wrote, submitted or edited `version`, as the history of its tables tells; see approvers.contributors."""
    found = [f"EXISTS (SELECT 1 FROM {VERSION} w WHERE w.id = {version} AND (w.author_id = {person} OR w.submitted_by_id = {person}))"]
    for part in PARTS:
        above = f"{part.link}_id IN (SELECT u.id FROM {_history(part.inside)} u WHERE u.version_id = {version})" if part.inside else ""
        rows = above or f"version_id = {version}"
        found.append(f"EXISTS (SELECT 1 FROM {_history(part.model)} h WHERE h.{rows} AND h.history_user_id = {person})")
    own = _history(PolicyVersion)
    before = f"(SELECT MAX(e.history_id) FROM {own} e WHERE e.id = h.id AND e.history_id < h.history_id)"
    said = differs("change_reason", "effective_from", *OWN_FIELDS, old="b", new="h")
    found.append(
        f"EXISTS (SELECT 1 FROM {own} h JOIN {own} b ON b.history_id = {before} "
        f"WHERE h.id = {version} AND h.state = 'draft' AND h.history_user_id = {person} AND {said})"
    )
    return f"({' OR '.join(found)})"


def _too_new(version: str, person: str) -> str:
    """SQL: whether the account of `person` was made after `version` was begun."""
    return (
        f"EXISTS (SELECT 1 FROM {PERSON} n JOIN {VERSION} begun ON begun.id = {version} "
        f"WHERE n.id = {person} AND n.date_joined > begun.created_at)"
    )


def approvals() -> tuple[Guard, ...]:
    """Decisions on versions: of what waits, by people without a hand in it, and never changed."""
    stays = "A decision on a version is never changed or removed."
    return (
        Guard("policy_approval_no_update", APPROVAL, "UPDATE", stays),
        Guard("policy_approval_no_delete", APPROVAL, "DELETE", stays, truncate=True),
        Guard("policy_approval_no_replace", APPROVAL, "INSERT", stays, f"EXISTS (SELECT 1 FROM {APPROVAL} kept WHERE kept.id = NEW.id)"),
        Guard(
            "policy_approval_of_what_waits",
            APPROVAL,
            "INSERT",
            "A decision is on a version that waits for approval, on its content, after it was submitted, and names who submitted it.",
            f"NOT EXISTS (SELECT 1 FROM {VERSION} v WHERE v.id = NEW.version_id AND v.state = 'submitted' "
            "AND v.content_sha256 = NEW.content_sha256 AND v.submitted_by_id = NEW.requested_by_id AND v.submitted_at <= NEW.decided_at)",
        ),
        Guard(
            "policy_approval_without_a_hand_in_it",
            APPROVAL,
            "INSERT",
            "Nobody decides on a version that they wrote, submitted or edited.",
            _hand_in("NEW.version_id", "NEW.decided_by_id"),
        ),
        Guard(
            "policy_approval_by_an_older_account",
            APPROVAL,
            "INSERT",
            "Nobody decides on a version with an account that was made after the version was begun.",
            _too_new("NEW.version_id", "NEW.decided_by_id"),
        ),
        Guard(
            "policy_approval_once_each",
            APPROVAL,
            "INSERT",
            "Nobody approves the same submission twice.",
            f"NEW.decision = 'approved' AND EXISTS (SELECT 1 FROM {APPROVAL} a JOIN {VERSION} v ON v.id = a.version_id "
            "WHERE a.version_id = NEW.version_id AND a.decided_by_id = NEW.decided_by_id AND a.decision = 'approved' "
            "AND a.decided_at >= v.submitted_at)",
        ),
    )


def urgent_publications() -> tuple[Guard, ...]:
    """What was published at once: recorded of a draft, never changed but for the one review by somebody else."""
    stays = "What was published at once stays on record; it is reviewed once, by somebody else."
    same: Any = ("id", "version_id", "published_by_id", "published_at", "until", "reason", "review_due_at")
    return (
        Guard("policy_urgent_no_delete", URGENT, "DELETE", stays, truncate=True),
        Guard(
            "policy_urgent_no_replace",
            URGENT,
            "INSERT",
            "There is such a record already, or one of this person that nobody reviewed yet.",
            f"EXISTS (SELECT 1 FROM {URGENT} kept WHERE kept.id = NEW.id OR kept.version_id = NEW.version_id "
            "OR (kept.published_by_id = NEW.published_by_id AND kept.reviewed_at IS NULL))",
        ),
        Guard(
            "policy_urgent_of_a_draft",
            URGENT,
            "INSERT",
            "Only a draft is published at once, with a reason, and is not reviewed yet.",
            f"NEW.reviewed_at IS NOT NULL OR NEW.reason = '' OR NOT EXISTS "
            f"(SELECT 1 FROM {VERSION} v WHERE v.id = NEW.version_id AND v.state = 'draft')",
        ),
        Guard(
            "policy_urgent_for_three_days",
            URGENT,
            "INSERT",
            "A version is published at once for 72 hours at most.",
            "COALESCE(julianday(NEW.until) - julianday(NEW.published_at), 4) > 3.00001",
            on_postgresql="NEW.until - NEW.published_at > interval '72 hours'",
        ),
        Guard(
            "policy_urgent_reviewed_once",
            URGENT,
            "UPDATE",
            stays,
            f"OLD.reviewed_at IS NOT NULL OR NEW.reviewed_at IS NULL OR NEW.reviewed_at < OLD.published_at OR {differs(*same)}",
        ),
        Guard(
            "policy_urgent_reviewed_by_another",
            URGENT,
            "UPDATE",
            "Nobody reviews what they wrote, edited or published at once, nor with an account made after it was begun.",
            f"NEW.reviewed_by_id = NEW.published_by_id OR {_hand_in('NEW.version_id', 'NEW.reviewed_by_id')} "
            f"OR {_too_new('NEW.version_id', 'NEW.reviewed_by_id')}",
        ),
    )


def _history(model: Any) -> str:
    """The table that keeps every past row of `model`."""
    return str(model.history.model._meta.db_table)

"""What the database refuses about versions and approvals, whoever asks and by whatever road.

The conditions are SQL that SQLite and PostgreSQL read alike. A column that may be null is compared by `differs`; nothing nullable
stands under a NOT, so that an unknown never lets a change through. Every part of the SQL is a constant of this file.
"""

# ruff: noqa: S608
from portal.foundation.database_guards import Guard

from .decision_guards import APPROVAL, NEEDED, URGENT, VERSION, approvals, differs, urgent_publications
from .parts import OWN_FIELDS, PARTS, Part
from .states import TRANSITIONS, VersionState

LEVEL, TARGET, POLICY = "policies_level", "policies_target", "policies_escalationpolicy"

NOT_A_DRAFT = "The content of a version can only change while it is a draft."
FROZEN = "A submitted or approved version cannot be changed; draft a new version."


def _versions() -> tuple[Guard, ...]:
    steps = {(start.value, end.value) for (start, _), end in TRANSITIONS.items()}
    allowed = " OR ".join(f"(OLD.state = '{start}' AND NEW.state = '{end}')" for start, end in sorted(steps))
    draft, submitted, approved, discarded = (state.value for state in VersionState)
    said = differs(
        *("content", "content_sha256", "change_reason", "submitted_by_id", "submitted_at", "warnings_accepted", "approvals_needed"),
        *OWN_FIELDS,
    )
    leaves = f"OLD.state = '{draft}' AND NEW.state IN ('{submitted}', '{approved}')"
    settled = f"OLD.state IN ('{approved}', '{discarded}')"
    return (
        Guard("policy_version_starts_as_draft", VERSION, "INSERT", "A version starts as a draft.", f"NEW.state <> '{draft}'"),
        # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
        Guard(
            "policy_version_no_replace",
            VERSION,
            "INSERT",
            "There is such a version already, or an open one of this policy.",
            f"EXISTS (SELECT 1 FROM {VERSION} kept WHERE kept.id = NEW.id OR (kept.policy_id = NEW.policy_id AND "
            f"(kept.number = NEW.number OR kept.state IN ('{draft}', '{submitted}'))))",
        ),
        Guard(
            "policy_version_keeps_identity",
            VERSION,
            "UPDATE",
            "A version keeps its policy, number and author.",
            differs("id", "policy_id", "number", "author_id", "created_at"),
        ),
        Guard(
            "policy_version_follows_the_table",
            VERSION,
            "UPDATE",
            "A version cannot go from this state to that one.",
            f"OLD.state <> NEW.state AND NOT ({allowed})",
        ),
        Guard(
            "policy_version_frozen",
            VERSION,
            "UPDATE",
            FROZEN,
            f"({settled} OR (OLD.state = '{submitted}' AND NEW.state <> '{draft}')) AND ({said})",
        ),
        Guard(
            "policy_version_dates_frozen",
            VERSION,
            "UPDATE",
            FROZEN,
            f"({settled} OR (OLD.state = '{submitted}' AND NEW.state = '{submitted}')) AND ({differs('effective_from', 'approved_at')})",
        ),
        Guard(
            "policy_version_starts_as_submitted",
            VERSION,
            "UPDATE",
            "A version takes effect when it was submitted to, or at its approval.",
            f"OLD.state = '{submitted}' AND NEW.state = '{approved}' AND NEW.effective_from <> "
            "CASE WHEN OLD.effective_from > NEW.approved_at THEN OLD.effective_from ELSE NEW.approved_at END",
        ),
        Guard(
            "policy_version_submitted_whole",
            VERSION,
            "UPDATE",
            "A version is submitted with its content, its hash and the person who submits it.",
            f"{leaves} AND (NEW.content IS NULL OR NEW.content_sha256 = '' OR NEW.submitted_by_id IS NULL OR NEW.submitted_at IS NULL)",
        ),
        Guard(
            "policy_version_levels_have_people",
            VERSION,
            "UPDATE",
            "Every level of a version needs somebody to alert.",
            f"{leaves} AND EXISTS (SELECT 1 FROM {LEVEL} l "
            f"WHERE l.version_id = NEW.id AND NOT EXISTS (SELECT 1 FROM {TARGET} t WHERE t.level_id = l.id))",
        ),
        Guard(
            "policy_version_says_how_many_approve",
            VERSION,
            "UPDATE",
            "How many people approve a version follows from what its policy speaks for.",
            f"{leaves} AND NEW.approvals_needed <> {NEEDED}",
        ),
        # An approval of an earlier submission must not be taken for one of this.
        Guard(
            "policy_version_submitted_after_decisions",
            VERSION,
            "UPDATE",
            "A version is submitted after every earlier decision on it.",
            f"{leaves} AND EXISTS (SELECT 1 FROM {APPROVAL} a WHERE a.version_id = NEW.id AND a.decided_at >= NEW.submitted_at)",
        ),
        Guard(
            "policy_version_needs_second_person",
            VERSION,
            "UPDATE",
            "A version is approved by somebody else than its author and submitter, on the content that was submitted, "
            "and by as many people as its policy needs.",
            f"OLD.state = '{submitted}' AND NEW.state = '{approved}' AND (SELECT COUNT(DISTINCT a.decided_by_id) FROM {APPROVAL} a "
            f"WHERE a.version_id = NEW.id AND a.decision = '{approved}' AND a.content_sha256 = NEW.content_sha256 "
            "AND a.decided_at >= NEW.submitted_at AND a.decided_by_id <> NEW.submitted_by_id AND a.decided_by_id <> NEW.author_id) "
            f"< CASE WHEN NEW.approvals_needed > {NEEDED} THEN NEW.approvals_needed ELSE {NEEDED} END",
        ),
        Guard(
            "policy_version_at_once_is_on_record",
            VERSION,
            "UPDATE",
            "A version in force without approval says who published it at once, why, and until when.",
            f"OLD.state = '{draft}' AND NEW.state = '{approved}' AND (NEW.effective_from <> NEW.approved_at OR NOT EXISTS "
            f"(SELECT 1 FROM {URGENT} u WHERE u.version_id = NEW.id AND u.published_by_id = NEW.submitted_by_id "
            "AND u.published_at = NEW.approved_at AND u.until = NEW.effective_until AND u.reviewed_at IS NULL))",
        ),
        Guard(
            "policy_version_at_once_has_one_behind_it",
            VERSION,
            "UPDATE",
            "A version is published at once only where another is in force that counts again when it ends.",
            f"OLD.state = '{draft}' AND NEW.state = '{approved}' AND NOT EXISTS (SELECT 1 FROM {VERSION} b "
            f"WHERE b.policy_id = NEW.policy_id AND b.state = '{approved}' AND b.effective_until IS NULL "
            "AND b.effective_from <= NEW.effective_from)",
        ),
        # It may only end earlier, when somebody else found it not justified, and not before they said so.
        Guard(
            "policy_version_end_frozen",
            VERSION,
            "UPDATE",
            "Only a version that was published at once ends by itself, and earlier only when it was reviewed as not justified.",
            f"{differs('effective_until')} AND NOT (OLD.state = '{draft}' AND NEW.state = '{approved}') AND NOT "
            f"(OLD.state = '{approved}' AND COALESCE(NEW.effective_until < OLD.effective_until, 1 = 0) AND EXISTS "
            f"(SELECT 1 FROM {URGENT} u WHERE u.version_id = NEW.id AND u.verdict = 'not_justified' "
            "AND u.reviewed_at <= NEW.effective_until))",
        ),
        Guard("policy_version_end_not_given", VERSION, "INSERT", "A version starts without an end.", "NEW.effective_until IS NOT NULL"),
        Guard(
            "policy_version_no_delete",
            VERSION,
            "DELETE",
            "A version that was submitted, approved or discarded stays.",
            f"OLD.state <> '{draft}'",
            truncate=True,
        ),
    )


def _content(part: Part) -> tuple[Guard, ...]:
    """Guards of one table of content: directly under a version, or under a table that is."""
    table, short, column = part.model._meta.db_table, part.model._meta.model_name, f"{part.link}_id"
    above = part.inside
    joined = f"{VERSION} v" if above is None else f"{above._meta.db_table} p JOIN {VERSION} v ON v.id = p.version_id"
    key = "v.id" if above is None else "p.id"

    def frozen(row: str) -> str:
        return f"EXISTS (SELECT 1 FROM {joined} WHERE {key} = {row}.{column} AND v.state <> 'draft')"

    replaced = f"EXISTS (SELECT 1 FROM {table} kept WHERE kept.id = NEW.id)"
    return (
        Guard(f"policy_{short}_no_insert", table, "INSERT", NOT_A_DRAFT, f"{frozen('NEW')} OR {replaced}"),
        Guard(f"policy_{short}_no_update", table, "UPDATE", NOT_A_DRAFT, f"OLD.id <> NEW.id OR {frozen('OLD')} OR {frozen('NEW')}"),
        Guard(f"policy_{short}_no_delete", table, "DELETE", NOT_A_DRAFT, frozen("OLD"), truncate=True),
    )


def _policies() -> tuple[Guard, ...]:
    """What a policy speaks for is part of what was approved: moved, its rules would be in force where nobody agreed to them."""
    decided = f"EXISTS (SELECT 1 FROM {VERSION} v WHERE v.policy_id = OLD.id AND v.state IN ('submitted', 'approved'))"
    moved = differs("id", "scope", "service_id", "tier", "business_unit_id")
    return (
        Guard(
            "policy_keeps_its_scope",
            POLICY,
            "UPDATE",
            "A policy with a submitted or approved version keeps what it speaks for.",
            f"({moved}) AND {decided}",
        ),
        Guard(
            "policy_no_replace",
            POLICY,
            "INSERT",
            "There is such a policy already.",
            f"EXISTS (SELECT 1 FROM {POLICY} kept WHERE kept.id = NEW.id)",
        ),
    )


GOVERNED = (
    *_versions(),
    *approvals(),
    *urgent_publications(),
    *_policies(),
    *(guard for part in PARTS for guard in _content(part)),
)

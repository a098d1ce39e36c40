"""What the database refuses about versions and approvals, whoever asks and by whatever road.

The conditions are SQL that SQLite and PostgreSQL read alike. A column that may be null is compared by `_differs`; nothing nullable
stands under a NOT, so that an unknown never lets a change through. Every part of the SQL is a constant of this file.
"""

# ruff: noqa: S608
from portal.foundation.database_guards import Guard

from .parts import OWN_FIELDS, PARTS, Part
from .states import TRANSITIONS, VersionState

VERSION, APPROVAL = "policies_policyversion", "policies_approval"
LEVEL, TARGET = "policies_level", "policies_target"

NOT_A_DRAFT = "The content of a version can only change while it is a draft."
FROZEN = "A submitted or approved version cannot be changed; draft a new version."


def _differs(*columns: str) -> str:
    return " OR ".join(f"(OLD.{name} <> NEW.{name} OR (OLD.{name} IS NULL) <> (NEW.{name} IS NULL))" for name in columns)


def _versions() -> tuple[Guard, ...]:
    steps = {(start.value, end.value) for (start, _), end in TRANSITIONS.items()}
    allowed = " OR ".join(f"(OLD.state = '{start}' AND NEW.state = '{end}')" for start, end in sorted(steps))
    draft, submitted, approved, discarded = (state.value for state in VersionState)
    said = _differs(
        *("content", "content_sha256", "change_reason", "submitted_by_id", "submitted_at", "warnings_accepted", "approvals_needed"),
        *OWN_FIELDS,
    )
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
            _differs("id", "policy_id", "number", "author_id", "created_at"),
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
            f"({settled} OR (OLD.state = '{submitted}' AND NEW.state = '{submitted}')) AND ({_differs('effective_from', 'approved_at')})",
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
            f"OLD.state = '{draft}' AND NEW.state = '{submitted}' AND "
            "(NEW.content IS NULL OR NEW.content_sha256 = '' OR NEW.submitted_by_id IS NULL OR NEW.submitted_at IS NULL)",
        ),
        Guard(
            "policy_version_levels_have_people",
            VERSION,
            "UPDATE",
            "Every level of a version needs somebody to alert.",
            f"OLD.state = '{draft}' AND NEW.state = '{submitted}' AND EXISTS (SELECT 1 FROM {LEVEL} l "
            f"WHERE l.version_id = NEW.id AND NOT EXISTS (SELECT 1 FROM {TARGET} t WHERE t.level_id = l.id))",
        ),
        Guard(
            "policy_version_needs_second_person",
            VERSION,
            "UPDATE",
            "A version is approved by somebody else than its author and submitter, on the content that was submitted.",
            f"OLD.state <> '{approved}' AND NEW.state = '{approved}' AND NOT EXISTS (SELECT 1 FROM {APPROVAL} a "
            f"WHERE a.version_id = NEW.id AND a.decision = '{approved}' AND a.content_sha256 = NEW.content_sha256 "
            "AND a.decided_by_id <> NEW.submitted_by_id AND a.decided_by_id <> NEW.author_id)",
        ),
        Guard(
            "policy_version_no_delete",
            VERSION,
            "DELETE",
            "A version that was submitted, approved or discarded stays.",
            f"OLD.state <> '{draft}'",
            truncate=True,
        ),
    )


def _approvals() -> tuple[Guard, ...]:
    stays = "A decision on a version is never changed or removed."
    return (
        Guard("policy_approval_no_update", APPROVAL, "UPDATE", stays),
        Guard("policy_approval_no_delete", APPROVAL, "DELETE", stays, truncate=True),
        Guard("policy_approval_no_replace", APPROVAL, "INSERT", stays, f"EXISTS (SELECT 1 FROM {APPROVAL} kept WHERE kept.id = NEW.id)"),
        Guard(
            "policy_approval_of_what_waits",
            APPROVAL,
            "INSERT",
            "A decision is on a version that waits for approval, on its content, and names who submitted it.",
            f"NOT EXISTS (SELECT 1 FROM {VERSION} v WHERE v.id = NEW.version_id AND v.state = 'submitted' "
            "AND v.content_sha256 = NEW.content_sha256 AND v.submitted_by_id = NEW.requested_by_id)",
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


GOVERNED = (
    *_versions(),
    *_approvals(),
    *(guard for part in PARTS for guard in _content(part)),
)

"""The rules of the review, one row: the first quarter, the days, and whose signatures it needs in which order."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from audit.events.services import act
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput
from reports.packs.quarters import Quarter

from .models import ROLE_TITLES, QuarterlyRules
from .people_only import problem_with, refuse, require_person, words_of

CHANGE = "reports.change_quarterlyrules"
MOST_STEPS, LONGEST_TITLE = 6, 80


def rules() -> QuarterlyRules:
    """The one row; as the house begins where it is not there yet."""
    return QuarterlyRules.objects.filter(pk=1).first() or QuarterlyRules(pk=1)


def set_first_quarter(quarter: Quarter, *, now: datetime) -> str:
    """Says from which quarter on reviews open by themselves, once; the quarter that counts."""
    with act("quarterly_review.begun", actor=None, now=now) as running:
        QuarterlyRules.objects.get_or_create(pk=1)
        row = QuarterlyRules.objects.select_for_update().get(pk=1)
        if row.first_quarter:
            running.nothing_happened()
        else:
            row.first_quarter = str(quarter)
            save_tracked(row, actor=None, now=now, reason="When the portal began to be used.")
            running.subject, running.details = row, {"first_quarter": row.first_quarter}
    return row.first_quarter


def set_rules(
    row: QuarterlyRules, *, days_to_sign: int, steps: Sequence[Mapping[str, str]], actor: Any, now: datetime, reason: str
) -> QuarterlyRules:
    """Changes days and signatures; what is put up for signature already keeps its own. Raises NotAllowed, InvalidInput."""
    require_person(actor, CHANGE, to="change the rules of the quarterly review")
    words = words_of("reason", reason, ask="Say why the rules change.")
    refuse({"days_to_sign": "" if 1 <= days_to_sign <= 365 else "Give 1 to 365 days."}, what="The rules are not changed.")
    kept = _checked(steps)
    with act("quarterly_review.rules_set", actor=actor, now=now, subject=row, why=words) as running:
        row = QuarterlyRules.objects.select_for_update().get(pk=row.pk)
        row.days_to_sign, row.steps = days_to_sign, kept
        save_tracked(row, actor=actor, now=now, reason=words)
        running.details = {"days_to_sign": days_to_sign, "steps": [f"{step['title']}: {step['role']}" for step in kept]}
    return row


def _checked(steps: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    kept = [{"title": step["title"].strip(), "role": step["role"]} for step in steps if step["title"].strip() or step["role"]]
    if not kept:
        raise InvalidInput("Somebody has to sign. Name at least one signature.", {"title_1": ["Name at least one signature."]})
    if len(kept) > MOST_STEPS:
        raise InvalidInput(f"Name at most {MOST_STEPS} signatures.")
    problems = {}
    for number, step in enumerate(kept, start=1):
        problems[f"title_{number}"] = problem_with(step["title"], LONGEST_TITLE) if step["title"] else "Say whose signature it is."
        problems[f"role_{number}"] = "" if step["role"] in ROLE_TITLES else "Choose the role that gives it."
    refuse(problems, what="The rules are not changed.")
    return kept

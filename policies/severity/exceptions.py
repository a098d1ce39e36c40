"""What exception rules must satisfy before anybody is asked to approve them. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from policies.decisions.findings import Finding, found
from policies.decisions.ruleset import ExceptionRule


def check_exceptions(
    rules: Sequence[ExceptionRule], level_numbers: Collection[int] | None, gone: Collection[int], today: date
) -> Iterator[Finding]:
    """Findings on exceptions. `level_numbers` are the levels they can start at, None when other policies bring them; `gone` are
    people who left; `today` is the day from which the version counts."""
    first: dict[tuple[str, int | None, str], str] = {}
    for rule in rules:
        place, called = f"Exception '{rule.name}'", f"The exception '{rule.name}'"
        if level_numbers is not None and rule.start_level not in level_numbers:
            yield found("exception.no_such_level", place, f"{called} starts at level {rule.start_level}, which does not exist.")
        if rule.review_on < today:
            text = f"{called} was to be looked at again by {rule.review_on:%d %b %Y}. It keeps working until somebody does."
            yield found("exception.review_overdue", place, text)
        if rule.owner_id in gone:
            yield found("exception.owner_left", place, f"{rule.owner} answers for the exception '{rule.name}' and can no longer sign in.")
        looks_for = (rule.indicator.value, rule.service_id, rule.label.casefold())
        if looks_for in first:
            text = f"{called} looks for the same as '{first[looks_for]}'; the higher start level counts."
            yield found("exception.twice", place, text)
        first.setdefault(looks_for, rule.name)

"""A version's content as a person reads it: the ladder of alerts, and the thresholds in words."""

from typing import Any

from policies.decisions.ruleset import PolicySnapshot
from policies.governance.differences import criterion_in_words
from policies.governance.effect import first_alert, ladder
from policies.governance.models import PolicyVersion
from policies.governance.snapshots import snapshot_of
from portal.foundation import words
from portal.foundation.errors import PortalError

COMBINED = {"all": "all of these hold", "any": "any of these holds"}


def content_panels(version: PolicyVersion) -> dict[str, Any]:
    """Context for policies/content.html, from the frozen content; says so when that content cannot be trusted."""
    try:
        content = snapshot_of(version)
    except PortalError as error:
        return {"content_problem": error.message}
    return snapshot_panels(content)


def snapshot_panels(content: PolicySnapshot, before: PolicySnapshot | None = None) -> dict[str, Any]:
    """Context for policies/content.html. With `before`, each level also says when it was reached until now."""
    course = ladder(content)
    rows, shown = [], set()
    for alert in course.alerts:
        was = first_alert(before, alert.level) if before is not None and alert.level not in shown else None
        first_of_level = alert.level not in shown
        shown.add(alert.level)
        rows.append(
            {
                "alert": alert,
                "after": "at once" if not alert.after else f"after {words.duration(alert.after)}",
                "first": first_of_level,
                "was": "" if was is None or was == alert.after else f"until now after {words.duration(was)}",
            }
        )
    thresholds = [
        (threshold, COMBINED[threshold.combine], [criterion_in_words(criterion) for criterion in threshold.criteria])
        for threshold in content.thresholds
    ]
    return {
        "ladder": rows,
        "exhausted": words.duration(course.exhausted_after),
        "thresholds": thresholds,
        "milestone": words.duration(content.resolve_within) if content.resolve_within else "",
    }

"""What the thresholds of a version must satisfy before anybody is asked to approve it."""

from collections.abc import Collection, Sequence

from policies.decisions.findings import Finding
from policies.decisions.vocabulary import ThresholdRule
from portal.foundation import words


def check_thresholds(thresholds: Sequence[ThresholdRule], level_numbers: Collection[int]) -> list[Finding]:
    """Findings on the thresholds; `level_numbers` are the levels that the version has."""
    if not thresholds:
        return [Finding("There is no threshold: readings will never declare an incident, people have to.", blocking=False)]
    findings = []
    for threshold in thresholds:
        if not threshold.criteria:
            findings.append(Finding(f"Threshold '{threshold.name}' has no condition, so it can never hold. Add one or remove it."))
        if threshold.start_level not in level_numbers:
            findings.append(Finding(f"Threshold '{threshold.name}' starts at level {threshold.start_level}, which does not exist."))
        findings += _criteria(threshold)
    return findings


def _criteria(threshold: ThresholdRule) -> list[Finding]:
    findings = []
    for criterion in threshold.criteria:
        if criterion.for_at_least > criterion.window:
            findings.append(
                Finding(
                    f"Threshold '{threshold.name}' wants a condition to hold for {words.duration(criterion.for_at_least)} but looks back "
                    f"only {words.duration(criterion.window)}. Make the observation window at least as long."
                )
            )
    if len(set(threshold.criteria)) < len(threshold.criteria):
        findings.append(Finding(f"Threshold '{threshold.name}' has the same condition twice.", blocking=False))
    return findings

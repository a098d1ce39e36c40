"""What can be read off a service: each measure's name in a sentence and its unit."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """A measure as people name it, and the unit its values have."""

    name: str
    unit: str


MEASURES: dict[str, MeasureWords] = {
    "downtime_minutes": MeasureWords("Downtime", "min"),
    "affected_users": MeasureWords("Affected users", "users"),
    "affected_users_percent": MeasureWords("Share of users affected", "%"),
    "transaction_failure_percent": MeasureWords("Failed transactions", "%"),
    "latency_ms": MeasureWords("Latency (95th percentile)", "ms"),
    "error_budget_burn": MeasureWords("Error-budget burn rate", "times"),
}


def words_of(measure: str) -> MeasureWords:
    """The words of `measure`; its key stands in for a name that is not known."""
    return MEASURES.get(measure, MeasureWords(measure.replace("_", " ").capitalize(), ""))

"""A content that says everything a policy version can say, for tests that must not forget a field."""

from datetime import date, timedelta
from decimal import Decimal

from policies.decisions.ruleset import (
    AnnouncementRule,
    BusinessRule,
    CriterionRule,
    ExceptionRule,
    LevelRule,
    MeasureRule,
    MessageRule,
    PolicySnapshot,
    SeverityRule,
    TargetRule,
    ThresholdRule,
)
from policies.decisions.vocabulary import Audience, BusinessMeasure, Comparison, Indicator, Mandate, Scale, Severity, Track


def minutes(value: int) -> timedelta:
    return timedelta(minutes=value)


OWN = MeasureRule("orders_waiting", "Orders waiting", "orders", Decimal(9_000))
TARGETS = (
    TargetRule(1, 1, None, "Ana Ruiz"),
    TargetRule(2, None, 4, "Payments on call"),
    TargetRule(3, None, None, "Head of payments", role_id=5),
    TargetRule(4, None, None, "on call in Ledger", team_id=6),
)


def level(number: int) -> LevelRule:
    return LevelRule(
        number,
        f"Line {number}",
        "functional",
        minutes(15),
        minutes(5),
        TARGETS,
        reminders=(minutes(5), minutes(2)),
        owner_id=7,
        owner="Tom Berg",
        mandates=(Mandate.MOBILISE_RESOURCES,),
        mandate_limits="Up to 20,000 EUR",
        mandate_until=date(2027, 1, 31),
        region_id=8,
        region="Iberia",
        skills=("databases",),
        languages=("es", "en"),
        runbook_id=9,
        runbook="Restart payments",
        needs_rca=True,
    )


CRITERIA = (
    CriterionRule("orders_waiting", Comparison.AT_LEAST, Decimal(500), minutes(10), minutes(5), own=OWN),
    CriterionRule("latency_ms", Comparison.ABOVE, Decimal("1500.5"), minutes(10), minutes(0)),
)
FULL = PolicySnapshot(
    thresholds=(ThresholdRule("Orders pile up", "all", Severity.SEV2, 1, CRITERIA, runbook_id=9, runbook="Restart payments"),),
    levels=(level(1), level(2)),
    resolve_within=timedelta(hours=4),
    stakeholder_levels=(level(1),),
    stakeholder_from=Severity.SEV2,
    compliance_levels=(level(1),),
    repeats=1,
    business=(BusinessRule("Losing money", BusinessMeasure.REVENUE_LOSS, Decimal(10_000), "EUR", Scale.HIGH),),
    matrix=((1, 1, 1), (1, 2, 2)),
    exceptions=(ExceptionRule("Leak", Indicator.LABEL, 3, "Ledger", "leak", 2, "Seventy-two hours run", 7, "Tom Berg", date(2026, 12, 1)),),
    severity_rules=(SeverityRule(Severity.SEV1, 2, 50),),
    messages=(MessageRule(Track.TECHNICAL, 1, Audience.EXECUTIVE, "Payments", "We are on it.\nNext word at noon."),),
    announcements=(AnnouncementRule(Severity.SEV1, Audience.EXTERNAL, 1, 2, "Ana Ruiz", ("status page",), minutes(30), minutes(60)),),
    measures=(OWN,),
    silent_after=timedelta(minutes=45),
)

"""What the law gives until somebody outside has to be told, as far as it gives hours."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """`within` counts from becoming `aware`, or else from a step that follows it. `regulated`: only for regulated workloads."""

    law: str
    what: str
    within: timedelta
    aware: bool
    regulated: bool


LIMITS = (
    # Delegated Regulation (EU) 2025/301, Article 5(1)(a): 4 h from classifying as major, and at most 24 h from becoming aware.
    Limit("DORA", "initial notification after classification", timedelta(hours=4), aware=False, regulated=True),
    Limit("DORA", "initial notification", timedelta(hours=24), aware=True, regulated=True),
    # Directive (EU) 2022/2555, Article 23(4)(a).
    Limit("NIS2", "early warning", timedelta(hours=24), aware=True, regulated=True),
    # Regulation (EU) 2016/679, Article 33(1).
    Limit("GDPR", "notification of the supervisory authority", timedelta(hours=72), aware=True, regulated=False),
)

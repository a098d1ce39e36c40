"""The words every decision shares: severities, priorities, scopes, tracks, comparisons."""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from operator import ge, gt, le, lt


class Severity(StrEnum):
    """How bad it is for users; SEV1 is the worst. Strings sort from the worst down."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"

    @property
    def label(self) -> str:
        return {"SEV1": "SEV1 critical", "SEV2": "SEV2 major", "SEV3": "SEV3 moderate", "SEV4": "SEV4 minor"}[self.value]


class Scale(IntEnum):
    """ITIL's three steps of impact and of urgency."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3

    @property
    def label(self) -> str:
        return self.name.capitalize()


class Priority(IntEnum):
    """The order in which incidents are worked. P5 is 'planning' in systems that have it."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4
    P5 = 5

    @property
    def label(self) -> str:
        return {1: "P1 critical", 2: "P2 high", 3: "P3 moderate", 4: "P4 low", 5: "P5 planning"}[self.value]


class Comparison(Enum):
    """How a reading is held against a value."""

    AT_LEAST = ">="
    ABOVE = ">"
    AT_MOST = "<="
    BELOW = "<"

    @property
    def words(self) -> str:
        return {">=": "is at least", ">": "is above", "<=": "is at most", "<": "is below"}[self.value]

    def holds(self, reading: Decimal, value: Decimal) -> bool:
        return _COMPARE[self._value_](reading, value)


_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {">=": ge, ">": gt, "<=": le, "<": lt}


class Scope(StrEnum):
    """What a policy speaks for, the narrowest first: of two that say something about one thing, the narrower wins."""

    SERVICE = "service"
    TIER = "tier"
    BUSINESS_UNIT = "business_unit"
    GLOBAL = "global"

    @property
    def label(self) -> str:
        return {"service": "one service", "tier": "a tier", "business_unit": "a business unit", "global": "the whole organisation"}[
            self.value
        ]


class Track(StrEnum):
    """What runs side by side in one incident: who repairs, who is kept informed, who answers to the law."""

    TECHNICAL = "technical"
    STAKEHOLDER = "stakeholder"
    COMPLIANCE = "compliance"

    @property
    def label(self) -> str:
        return {"technical": "Technical", "stakeholder": "Stakeholder", "compliance": "Legal and compliance"}[self.value]


class Audience(StrEnum):
    """For whom a message is written."""

    TECHNICAL = "technical"
    EXECUTIVE = "executive"
    EXTERNAL = "external"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class BusinessMeasure(StrEnum):
    """What business impact is told by."""

    REVENUE_LOSS = "revenue_loss_per_hour"
    REGULATORY_EXPOSURE = "regulatory_exposure"
    SEGMENT_CRITICALITY = "segment_criticality"

    @property
    def label(self) -> str:
        return {
            "revenue_loss_per_hour": "Revenue loss per hour",
            "regulatory_exposure": "Regulatory exposure",
            "segment_criticality": "Criticality of the customer segment",
        }[self.value]


class Exposure(IntEnum):
    """How sure it is that a regulator has to be told."""

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3

    @property
    def label(self) -> str:
        return self.name.capitalize()


class Criticality(IntEnum):
    """How much hangs on a customer segment."""

    NORMAL = 1
    IMPORTANT = 2
    VITAL = 3

    @property
    def label(self) -> str:
        return self.name.capitalize()


class Indicator(StrEnum):
    """What an exception rule looks for, whatever the thresholds say."""

    DATA_BREACH = "data_breach"
    EXECUTIVE_SYSTEM = "executive_system"
    SERVICE = "service"
    LABEL = "label"

    @property
    def label(self) -> str:
        return {
            "data_breach": "a suspected data breach",
            "executive_system": "an executive system is out",
            "service": "a named service",
            "label": "a label",
        }[self.value]


class Mandate(StrEnum):
    """What the owner of a level may do on their own authority."""

    MOBILISE_RESOURCES = "mobilise_resources"
    SUSPEND_PROCESSES = "suspend_processes"
    OVERRIDE_ACCESS = "override_access_controls"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()

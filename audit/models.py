"""Table of contents: the models of the trail."""

from .anchors.models import AnchorReceipt
from .capture.models import OpenAct, RawChange
from .duties.models import DutyCheck, DutyException, DutyFinding, DutyPair
from .elevation.models import Elevation
from .evidence.models import EvidenceExport, LedgerCheck
from .ledger.models import ForgottenSubject, LedgerEvent, LedgerInbox, LedgerObject, PersonalCard
from .reading.models import SavedView, SavedViewVersion, TrailForgotten, TrailIndex, TrailPosting
from .recertification.models import AccessCampaign, AccessItem, AccessRhythm
from .retention.models import LegalHold, Removal, RemovalRange, RetentionPeriod
from .reviews.models import ReviewFinding, ReviewItem, ReviewPeriod, ReviewPlan, ReviewSignOff
from .sealing.models import LedgerAlarm, LedgerCheckpoint, LedgerEpoch, LedgerLeaf, LedgerTile

__all__ = [
    "AccessCampaign",
    "AccessItem",
    "AccessRhythm",
    "AnchorReceipt",
    "DutyCheck",
    "DutyException",
    "DutyFinding",
    "DutyPair",
    "Elevation",
    "EvidenceExport",
    "ForgottenSubject",
    "LedgerAlarm",
    "LedgerCheck",
    "LedgerCheckpoint",
    "LedgerEpoch",
    "LedgerEvent",
    "LedgerInbox",
    "LedgerLeaf",
    "LedgerObject",
    "LedgerTile",
    "LegalHold",
    "OpenAct",
    "PersonalCard",
    "RawChange",
    "Removal",
    "RemovalRange",
    "RetentionPeriod",
    "ReviewFinding",
    "ReviewItem",
    "ReviewPeriod",
    "ReviewPlan",
    "ReviewSignOff",
    "SavedView",
    "SavedViewVersion",
    "TrailForgotten",
    "TrailIndex",
    "TrailPosting",
]

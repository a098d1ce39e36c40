"""Table of contents: the models of the foundation."""

from .foundation.access.models import AuditAppointment, ObjectGrant
from .foundation.answers.models import Callback
from .foundation.apikit.models import RememberedRequest
from .foundation.channels.models import ChannelRule
from .foundation.directory.models import DirectoryEntry, DirectoryExport, DirectoryRow, DirectorySync
from .foundation.front_door.models import ApiToken, BrowserSession, LinkedIdentity, WrongTries
from .foundation.outbox.models import DeliveryAttempt, OutboxMessage
from .foundation.people.models import Availability, ContactCode, ContactPoint, ContactRule, User
from .foundation.signs.models import LaneTally, SignOfLife
from .foundation.watch.models import Outage

__all__ = [
    "ApiToken",
    "AuditAppointment",
    "Availability",
    "BrowserSession",
    "Callback",
    "ChannelRule",
    "ContactCode",
    "ContactPoint",
    "ContactRule",
    "DeliveryAttempt",
    "DirectoryEntry",
    "DirectoryExport",
    "DirectoryRow",
    "DirectorySync",
    "LaneTally",
    "LinkedIdentity",
    "ObjectGrant",
    "Outage",
    "OutboxMessage",
    "RememberedRequest",
    "SignOfLife",
    "User",
    "WrongTries",
]

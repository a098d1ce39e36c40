"""Table of contents: the models of the foundation."""

from .foundation.apikit.models import RememberedRequest
from .foundation.outbox.models import DeliveryAttempt, OutboxMessage
from .foundation.people.models import ContactCode, ContactPoint, User

__all__ = ["ContactCode", "ContactPoint", "DeliveryAttempt", "OutboxMessage", "RememberedRequest", "User"]

"""Who wants to hear how a message fared: apps register one handler a kind at start."""

from collections.abc import Callable
from datetime import datetime

from portal.foundation.registry import Registry

from .models import DeliveryAttempt, OutboxMessage

Handler = Callable[[OutboxMessage, DeliveryAttempt | None, datetime], None]

# Called in the transaction that records the outcome, after each attempt and when a message is given up without one.
outcomes: Registry[Handler] = Registry("outcome handler")

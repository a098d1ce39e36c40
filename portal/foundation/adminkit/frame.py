"""The frame in which admin pages save. The audit trail registers its own at start; the foundation knows no app."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from portal.foundation.registry import Registry

# The one entry is called 'act': called as act(verb, actor=…, now=…, why=…), it is a transaction and one audit event.
frames: Registry[Callable[..., AbstractContextManager[Any]]] = Registry("frame of a save")

"""The frame in which admin pages save. The audit trail registers its own at start; the foundation knows no app."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from portal.foundation.registry import Registry

# 'act', called as act(verb, actor=…, now=…, why=…), is a transaction and one audit event; 'covered', without arguments, is for what is told
# by events that are written beside it, in the running transaction.
frames: Registry[Callable[..., AbstractContextManager[Any]]] = Registry("frame of a save")

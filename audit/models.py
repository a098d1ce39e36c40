"""Table of contents: the models of the trail."""

from .ledger.models import LedgerEvent

__all__ = ["LedgerEvent"]

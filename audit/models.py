"""Table of contents: the models of the trail."""

from .ledger.models import LedgerEvent, LedgerInbox, LedgerObject, PersonalCard

__all__ = ["LedgerEvent", "LedgerInbox", "LedgerObject", "PersonalCard"]

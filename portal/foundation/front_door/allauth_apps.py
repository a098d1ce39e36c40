"""allauth's apps as they run here: without its middleware, which would stand around every request; see `doors.at_the_door`."""

from allauth.account.apps import AccountConfig
from allauth.mfa.apps import MFAConfig


class Accounts(AccountConfig):
    default = False

    def ready(self) -> None:
        """Its checks are for pages of its own, and there are none."""


class SecondFactors(MFAConfig):
    default = False

    def ready(self) -> None:
        """As above: it would load the half of allauth in processes that show no page."""

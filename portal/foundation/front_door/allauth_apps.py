"""allauth's apps as they run here: without its middleware, which would stand around every request; see `doors.at_the_door`."""

from allauth.account.apps import AccountConfig


class Accounts(AccountConfig):
    default = False

    def ready(self) -> None:
        """Its checks are for pages of its own, and there are none."""

"""The error family. Raise the nearest member; doors translate it into a form error, a problem document or an exit status."""

from collections.abc import Mapping, Sequence
from datetime import timedelta


class PortalError(Exception):
    """Something a person can be told in words. `message` says what is wrong and what to do."""

    code = "error"
    status = 400
    # Set where the refusal itself was written down: a door that undoes the rest keeps that record.
    recorded = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(PortalError):
    """The input cannot be used. `fields` maps a field's name to what is wrong with it; '' is the whole."""

    code = "invalid_input"

    def __init__(self, message: str, fields: Mapping[str, Sequence[str]] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, list[str]] = {name: list(problems) for name, problems in (fields or {}).items()}


class NotAllowed(PortalError):
    """The actor lacks the right, or two duties that must stay apart meet in one person."""

    code = "not_allowed"
    status = 403


class WrongState(PortalError):
    """The thing is not in a state from which this may follow."""

    code = "wrong_state"
    status = 409


class Conflict(PortalError):
    """Somebody else was faster, or the same key was used for something different."""

    code = "conflict"
    status = 409


class NotFound(PortalError):
    """It does not exist, or the actor may not know that it does."""

    code = "not_found"
    status = 404


class DeliveryFailed(PortalError):
    """A channel could not hand the message over.

    `permanent` says that trying again will not help, `retry_after` how long the receiver asks to be left alone.
    """

    code = "delivery_failed"
    status = 502

    def __init__(self, message: str, *, permanent: bool = False, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after

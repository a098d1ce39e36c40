"""Doing something that may be refused, and showing the refusal where it belongs."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import IntegrityError, transaction

from portal.foundation import database_guards
from portal.foundation.errors import InvalidInput, PortalError

BUSY = "Somebody else changed this at the same moment. Nothing of yours was saved: look at it again, then repeat what you did."


def show_in(form: forms.BaseForm, error: PortalError) -> None:
    """Puts a refusal where its field is, or above the form."""
    if not isinstance(error, InvalidInput) or not error.fields:
        form.add_error(None, error.message)
        return
    for name, problems in error.fields.items():
        for problem in problems:
            form.add_error(name if name in form.fields else None, problem)


def attempt(what: Callable[[], Any]) -> tuple[Any, PortalError | None]:
    """The answer, or the error that a person can be told; a refusal by the database says its guard's own words."""
    try:
        with transaction.atomic():
            try:
                return what(), None
            except PortalError as error:
                if not error.recorded:
                    raise
                return None, error
    except PortalError as error:
        return None, error
    except IntegrityError as error:
        said = str(error).splitlines()[0]
        known = {guard.message for _, group in database_guards.guards for guard in group if isinstance(guard, database_guards.Guard)}
        return None, PortalError(said if said in known else BUSY)

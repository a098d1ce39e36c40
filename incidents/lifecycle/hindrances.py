"""What has to be done before an incident may be closed, asked of the rooms above that know it."""

from collections.abc import Callable, Iterable

from portal.foundation.errors import WrongState
from portal.foundation.registry import Registry

from .models import Incident

# Each gives sentences: what is missing, and what to do about it.
hindrances: Registry[Callable[[Incident], Iterable[str]]] = Registry("hindrance of closing")


def refuse_while_hindered(incident: Incident) -> None:
    """Raises WrongState that names everything in the way of closing `incident`."""
    found = [sentence for _, hindered in hindrances for sentence in hindered(incident)]
    if found:
        raise WrongState(f"{incident.number} cannot be closed yet. {' '.join(found)}")

"""Where the values of a real message come from: the app that holds incidents registers itself, as policies know no incidents."""

from collections.abc import Callable, Mapping
from typing import Any

from portal.foundation.registry import Registry

# Takes an incident's number and who wants to see it, and gives the values under the names of rendering.VARIABLES.
# Raises InvalidInput when there is no such incident that the viewer may see.
Provider = Callable[[str, Any], Mapping[str, str]]
providers: Registry[Provider] = Registry("source of values for messages")

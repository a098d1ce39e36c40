"""The way from a thing's page to the page that says who can see it and who can decide on it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from portal.foundation.access.checks import may
from portal.foundation.access.deciders import decisions
from portal.foundation.access.places import PLACES

SEE_ACCESS = "portal.view_objectgrant"


def access_links(request: HttpRequest, thing: Any) -> list[tuple[str, str]]:
    """Words and address, for those who may ask."""
    label = thing._meta.label_lower
    decision = decisions.get(label)
    if thing.pk is None or not (decision or label in PLACES) or not may(request.user, SEE_ACCESS):
        return []
    page = f"{reverse('admin:portal_objectgrant_access')}?{urlencode({'on': f'{label}:{thing.pk}'})}"
    links = [("Who can see this?", page)] if label in PLACES else []
    return [*links, (f"Who can {decision.words.replace(' it', ' this')}?", f"{page}#decide")] if decision else links

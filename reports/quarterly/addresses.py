"""Where the pages of a review's things are, for messages."""

from typing import Any

from django.conf import settings


def link_to(thing: Any) -> str:
    """The address of its page."""
    return f"{settings.PORTAL_URL}/admin/reports/{thing._meta.model_name}/{thing.pk}/change/"

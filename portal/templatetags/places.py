"""Pages are called in their headings what the menu calls them."""

from typing import Any

from django import template
from django.urls import reverse

from portal.site.navigation import SECTIONS

register = template.Library()

_WORDS = {link.name: link.title for section in SECTIONS for link in section.links}


@register.filter
def menu_words(opts: Any) -> str:
    """The menu's words for the list of a model, given its `_meta`; the model's own plural where the menu has none."""
    return _WORDS.get(f"{opts.app_label}_{opts.model_name}") or str(opts.verbose_name_plural).capitalize()


@register.filter
def part_words(part: dict[str, Any]) -> str:
    """The same for one part of the path in the header, which knows only its address."""
    link = str(part.get("link") or "")
    return next((words for name, words in _WORDS.items() if link == reverse(f"admin:{name}_changelist")), str(part["title"]))

"""The page that every page stands on: it answers its question in the first line and offers its verbs as buttons."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from portal.foundation import clock

from .access_links import access_links
from .fields import FORM_FIELDS
from .history_pages import HistoryPages
from .inlines import PlainChoices
from .reach import InReach
from .verb_pages import VerbPages


class PortalModelAdmin(PlainChoices, VerbPages, InReach, HistoryPages):
    """A page that answers its question in the first line and offers its verbs as buttons. Rows are not deleted unless `deletable`.

    Override `first_line` and `page_context`; set `verbs` and, for more above the form, `page_template`.
    """

    deletable = False
    page_template = ""
    empty_list = ""
    add_words = ""
    empty_value_display = "none"
    change_form_outer_before_template = "adminkit/page_top.html"
    formfield_overrides = FORM_FIELDS
    list_filter_sheet = False
    warn_unsaved_form = True
    save_on_top = False

    class Media:
        css = {"all": ("adminkit/adminkit.css",)}

    def page_context(self, request: HttpRequest, thing: Any, now: datetime) -> dict[str, Any]:
        """More for `page_template`."""
        return {}

    def links(self, request: HttpRequest, thing: Any) -> list[tuple[str, str, str]]:
        """Buttons that only lead somewhere: words, address, look ('primary' or 'default')."""
        return []

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        thing = kwargs.get("obj")
        context.update({"show_save_and_continue": False, "show_save_and_add_another": False, "page_template": self.page_template})
        context["show_history"] = self.has_history(request)
        if thing is not None:
            now = clock.now()
            verbs = [(verb, self.verb_address(thing, verb)) for verb in self.offered(request, thing)]
            context.update({"first_line": self.first_line(thing, now), "offered": verbs, "links": self.links(request, thing)})
            context["access_links"] = access_links(request, thing)
            context.update(self.page_context(request, thing, now))
        answer: HttpResponse = super().render_change_form(request, context, **kwargs)
        return answer

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """What rows are made from. They only read what was sent, so they share it: a copy for each set was half the time of a big save."""
        made = {"instance": obj, "prefix": prefix, "queryset": inline.get_queryset(request)}
        # No page here copies a thing by saving it as new, nor shows its rows in pages.
        return made | ({"data": request.POST, "files": request.FILES} if request.method == "POST" else {})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and bool(super().has_delete_permission(request, obj))

"""The views of the trail that people keep: what each selects, in every version of it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from audit.models import SavedView, SavedViewVersion
from audit.reading.describing import sentence
from audit.reading.filters import Filters
from audit.reading.services import VIEWS

from .kept import KeptAdmin, verbs_of
from .trail_page import LIST, names_of, story_address


@admin.register(SavedView)
class SavedViewAdmin(KeptAdmin):
    """Views of the trail."""

    life = VIEWS
    readers = "everybody who may read the trail"
    verbs = verbs_of(VIEWS, readers, stays="Its versions stay, and what was reviewed with them can be named as before.")
    empty_list = (
        "No view is kept yet. Filter the audit trail, then keep what you see under a name: reviews begin with it, and others can use it."
    )

    def words_of(self, version: SavedViewVersion, *, named: bool = True) -> str:
        return words_of_version(version, named=named)

    def has_history(self, request: HttpRequest) -> bool:
        """What was done with a view stands in the trail, which whoever sees views may read."""
        return True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect(story_address(self.opts.label_lower, unquote(object_id)))

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404

    def links(self, request: HttpRequest, view: Any) -> list[tuple[str, str, str]]:
        return [("Open it in the log", f"{reverse(LIST)}?view={view.pk}", "primary")]


def words_of_version(version: SavedViewVersion, *, named: bool = True) -> str:
    """What a version selects, in a sentence."""
    try:
        filters = version.parsed
    except ValueError as error:
        return str(error)
    return sentence(filters, names_of(filters if named else Filters(kind=filters.kind)))

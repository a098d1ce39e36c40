"""What was sent to whom, how each try fared, and what came back: to be read."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from portal.foundation import clock
from portal.foundation.access.masks import may_be_asked
from portal.foundation.adminkit.bases import PortalInline
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.only_read import OnlyRead
from portal.foundation.adminkit.paginators import BoundedPaginator
from portal.foundation.outbox.letters import DISCREET
from portal.models import Callback, DeliveryAttempt, OutboxMessage


class _Attempts(OnlyRead, PortalInline):
    model = DeliveryAttempt
    fields = ("number", "channel", "contact_label", "started_at", "succeeded", "detail", "reported")
    readonly_fields = ("reported",)
    can_delete = False

    @admin.display(description="Receipt")
    def reported(self, attempt: DeliveryAttempt) -> SafeString | str:
        return format_html("{}, {}", attempt.receipt, moment(attempt.receipt_at, clock.now())) if attempt.receipt else "none"


class _Answers(OnlyRead, PortalInline):
    model = Callback
    verbose_name_plural = "what came back"
    fields = ("received_at", "source", "kind", "told", "outcome")
    can_delete = False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(OnlyRead, ModelAdmin):
    """A message with its attempts, their receipts and its answer. Details of a confidential one are for its receiver."""

    empty_list = "Alerts and other messages appear here with each try to deliver them. None was sent yet."
    list_display = ("about", "person_name", "state", "written", "tries", "answer")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    list_select_related = ("answered_by",)
    search_fields = ("title", "person_name")
    show_full_result_count = False
    paginator = BoundedPaginator
    fields = (
        *("about", "text", "person_name", "state", "answer", "carried_by", "subject_ref", "link"),
        *("created_at", "next_attempt_at", "finished_at", "tries"),
    )
    inlines = (_Attempts, _Answers)
    ordering = ("-created_at",)
    actions = None

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Not by words that are hidden from the reader."""
        return may_be_asked(request.user, OutboxMessage, lookup) and bool(super().lookup_allowed(lookup, value, request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Confidential ones are found by their receiver only: what their title says is not told by finding them."""
        found, twice = super().get_search_results(request, queryset, search_term)
        named = Q(*(Q(person_name__icontains=word) for word in search_term.split()))
        return (found.filter(Q(confidential=False) | named) if search_term.split() else found), twice

    @admin.display(description="Title")
    def about(self, message: OutboxMessage) -> str:
        return (message.discreet_title or DISCREET) if message.confidential else message.title

    @admin.display(description="Body")
    def text(self, message: OutboxMessage) -> str:
        return "Only the receiver reads it." if message.secret or message.confidential else message.body

    @admin.display(description="Written", ordering="created_at")
    def written(self, message: OutboxMessage) -> SafeString | str:
        return moment(message.created_at, clock.now())

    @admin.display(description="Answer")
    def answer(self, message: OutboxMessage) -> SafeString | str:
        if message.answered_at is None:
            return "none"
        return format_html("{} by {}, {}", message.answered_by or "somebody", message.answer_way, moment(message.answered_at, clock.now()))

    @admin.display(description="Sent together with others in")
    def carried_by(self, message: OutboxMessage) -> SafeString | str:
        return _page_of(message.bundle_id, "that message") if message.bundle_id else "no: it went by itself"


@admin.register(Callback)
class CallbackAdmin(OnlyRead, ModelAdmin):
    """What providers and people sent back, as far as it was genuine, and what came of it."""

    empty_list = (
        "Receipts of providers and answers of people appear here. What could not prove where it came from is refused and not listed."
    )
    list_display = ("received", "source", "kind", "told", "outcome", "person", "about")
    list_filter = (("source", ChoicesDropdownFilter), "kind")
    list_filter_submit = True
    list_select_related = ("person", "message")
    search_fields = ("person__display_name", "outcome")
    show_full_result_count = False
    paginator = BoundedPaginator
    fields = ("received_at", "source", "kind", "told", "outcome", "person", "about")
    readonly_fields = ("about",)
    ordering = ("-received_at", "-id")
    actions = None

    @admin.display(description="Received", ordering="received_at")
    def received(self, callback: Callback) -> SafeString | str:
        return moment(callback.received_at, clock.now())

    @admin.display(description="Message")
    def about(self, callback: Callback) -> SafeString | str:
        return _page_of(callback.message_id, str(callback.message)) if callback.message else "none"


def _page_of(key: Any, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse("admin:portal_outboxmessage_change", args=[key]), words)

"""How long events are kept, what must be kept longer, and what goes."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from audit.models import LegalHold, Removal, RetentionPeriod
from audit.retention.deciding import approve_removal, close_removal, why_not_approve
from audit.retention.holds import hold_on_removal, lift_hold
from audit.retention.periods import set_period
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .removal_pages import EraseView, HoldView, PruneView
from .removal_shown import held_in_words, numbers_of, parts_in_words, shown
from .retention_forms import PeriodForm, SureForm

ASK, APPROVE = "audit.ask_removal", "audit.approve_removal"
LOOKS = {"done": "done", "waits for approval": "open", "under way": "open"}


class OnlyByVerbs(PortalModelAdmin):
    """Rows that change by what is pressed on their page; what was done stands in the audit trail."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_history(self, request: HttpRequest) -> bool:
        """What was done with it stands in the audit trail, for those who may read that."""
        return may(request.user, "audit.view_ledgerevent")

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        if not self.has_history(request):
            raise PermissionDenied
        about = urlencode({"object_model": self.opts.label_lower, "object_pk": unquote(object_id)})
        return redirect(f"{reverse('admin:audit_ledgerevent_changelist')}?{about}")

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None) -> HttpResponse:
        raise Http404


def months_in_words(months: int) -> str:
    """'7 years', '1 year 6 months'."""
    years, rest = divmod(months, 12)
    return " ".join(part for part in (words.counted(years, "year") if years else "", words.counted(rest, "month") if rest else "") if part)


@admin.register(RetentionPeriod)
class RetentionPeriodAdmin(OnlyByVerbs):
    list_display = ("title", "kept")
    list_before_template = "audit/periods_top.html"
    fields = ("title", "kept", "begins_with")
    readonly_fields = fields
    search_fields = ()
    empty_list = "The classes of events are made by 'manage.py migrate'."
    verbs = (
        Verb(
            key="set",
            label="Change the period",
            run=set_period,
            permission="audit.change_retentionperiod",
            look="primary",
            form=PeriodForm,
            consequence="Nothing goes by this alone: what is old enough is removed only when one person asks for it and another approves.",
            ask="Which law, contract or decision asks for this period?",
            done="Changed.",
        ),
    )

    @admin.display(description="Events", ordering="key")
    def title(self, period: Any) -> str:
        return str(period)

    @admin.display(description="Kept for", ordering="months")
    def kept(self, period: Any) -> str:
        return months_in_words(period.months)

    @admin.display(description="Types begin with")
    def begins_with(self, period: Any) -> str:
        return ", ".join(period.of.beginnings) or "every word that no other class names"

    def first_line(self, period: Any, now: datetime) -> str:
        return f"{period}: kept for {months_in_words(period.months)}, then they may be pruned by two people. Never under a year."


@admin.register(LegalHold)
class LegalHoldAdmin(OnlyByVerbs):
    list_display = ("number", "on", "placed", "placed_by", "state")
    list_select_related = ("placed_by", "lifted_by")
    list_filter = (("lifted_at", admin.EmptyFieldListFilter),)
    search_fields = ("reason", "object_pk")
    fields = ("on", "with_it", "reason", "placed", "placed_by", "lifted", "lifted_by", "lift_reason")
    readonly_fields = fields
    add_words = "Place a hold"
    empty_list = (
        "Nothing is held. When a court, a regulator or a dispute asks for records, place a hold: what it covers is neither pruned nor erased, "
        "however old it is, until somebody else lifts it."
    )
    verbs = (
        Verb(
            key="lift",
            label="Lift the hold",
            run=lift_hold,
            permission="audit.lift_legalhold",
            possible=lambda hold: hold.lifted_at is None,
            look="danger",
            consequence="What it covered may be pruned and erased again. A removal that waited for it goes on within five minutes.",
            ask="Why is it no longer needed, and who says so?",
            done="Lifted.",
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "audit.place_legalhold")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list. What is held is looked up for all rows at once."""
        answer: Any = super().changelist_view(request, extra_context)
        rows = list(answer.context_data["cl"].result_list) if hasattr(answer, "context_data") else []
        numbers = numbers_of((hold.object_model, hold.object_pk) for hold in rows)
        for hold in rows:
            hold.called = held_in_words(hold, numbers)
        return answer  # type: ignore[no-any-return]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return HoldView.as_view(model_admin=self)(request)  # type: ignore[return-value]

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return thing.placed_by_id != request.user.pk and super().may_use(request, verb, thing)

    @admin.display(description="Hold", ordering="id")
    def number(self, hold: Any) -> str:
        return f"Hold {hold}"

    @admin.display(description="On")
    def on(self, hold: Any) -> str:
        return getattr(hold, "called", "") or held_in_words(hold)

    @admin.display(description="Parts held with it")
    def with_it(self, hold: Any) -> str:
        return parts_in_words(hold) or "–"

    @admin.display(description="Placed", ordering="placed_at")
    def placed(self, hold: Any) -> str:
        return moment(hold.placed_at, clock.now())

    @admin.display(description="Lifted")
    def lifted(self, hold: Any) -> str:
        return moment(hold.lifted_at, clock.now())

    @admin.display(description="Is", ordering="lifted_at")
    def state(self, hold: Any) -> SafeString:
        look, text = ("done", "lifted") if hold.lifted_at else ("late", "stands")
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, text)

    def first_line(self, hold: Any, now: datetime) -> str:
        if hold.lifted_at:
            return format_html("Lifted by {}, {}: “{}”", hold.lifted_by, moment(hold.lifted_at, now), hold.lift_reason)
        return format_html(
            "Held by {} since {}: nothing of {} is pruned or erased until somebody else lifts it.",
            hold.placed_by,
            moment(hold.placed_at, now),
            held_in_words(hold) if hold.covers_all else f"{held_in_words(hold)} and its parts",
        )


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("asked", "waits for approval"), ("under-way", "under way"), ("done", "done"), ("closed", "declined or withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen: dict[str, dict[str, Any]] = {
            "asked": {"approved_at": None, "closed_at": None},
            "under-way": {"approved_at__isnull": False, "closed_at": None, "done_at": None},
            "done": {"done_at__isnull": False},
            "closed": {"closed_at__isnull": False},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))


@admin.register(Removal)
class RemovalAdmin(OnlyByVerbs):
    list_display = ("what", "state", "how_many", "asked", "asked_by", "approved_by")
    list_select_related = ("asked_by", "approved_by", "closed_by")
    list_filter = (StateFilter, "kind")
    search_fields = ("reason", "subject")
    list_before_template = "audit/removals_top.html"
    page_template = "audit/removal.html"
    fields = ("reason", "asked", "asked_by", "approved", "approved_by", "approval_reason", "done")
    readonly_fields = fields
    empty_list = (
        "Nothing was ever removed from the trail. What is older than its class is kept can be pruned, and the data of somebody who has left can "
        "be erased: one person asks, another approves, and the trail's proofs stay valid."
    )
    verbs = (
        Verb(
            key="approve",
            label="Approve: let it go",
            run=lambda removal, *, sure, **said: approve_removal(removal, **said),
            permission=APPROVE,
            possible=lambda removal: removal.waits_for_approval,
            look="danger",
            form=SureForm,
            consequence="What is listed on its page is removed for good, beginning within five minutes. It cannot be undone. Hashes "
            "stay, so that every proof stays valid; the trail says what went, who asked and that you approved.",
            ask="What did you look at, and why may it go? The words stay for good: name no person in them.",
            done="Approved. It goes now; this page says when it is done.",
        ),
        Verb(
            key="close",
            label="Decline or withdraw",
            run=close_removal,
            permission=APPROVE,
            possible=lambda removal: removal.is_open,
            consequence="Nothing more goes by it. What is gone already stays gone. It can be asked for again.",
            ask="Why should it stay?",
            done="Nothing more goes by it.",
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        prune = self.admin_site.admin_view(PruneView.as_view(model_admin=self))
        erase = self.admin_site.admin_view(EraseView.as_view(model_admin=self))
        return [
            path("prune/", prune, name="audit_removal_prune"),
            path("erase/", erase, name="audit_removal_erase"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        standing = LegalHold.objects.filter(lifted_at=None).count()
        context = {"may_ask": may(request.user, ASK), "holds": standing, **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        if verb.key == "close" and thing.asked_by_id == request.user.pk:
            return may(request.user, ASK)
        return super().may_use(request, verb, thing) and not (verb.key == "approve" and why_not_approve(thing, request.user))

    @admin.display(description="What", ordering="id")
    def what(self, removal: Any) -> str:
        return str(removal).capitalize()

    @admin.display(description="Is", ordering="done_at")
    def state(self, removal: Any) -> SafeString:
        text = removal.state()
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', LOOKS.get(text, "late"), text)

    @admin.display(description="Entries", ordering="entries")
    def how_many(self, removal: Any) -> str:
        return words.number(removal.entries)

    @admin.display(description="Asked", ordering="asked_at")
    def asked(self, removal: Any) -> str:
        return moment(removal.asked_at, clock.now())

    @admin.display(description="Approved")
    def approved(self, removal: Any) -> str:
        return moment(removal.approved_at, clock.now())

    @admin.display(description="Done")
    def done(self, removal: Any) -> str:
        return moment(removal.done_at, clock.now())

    def first_line(self, removal: Any, now: datetime) -> str:
        what = words.counted(removal.entries, "entry", "entries")
        if removal.kind == Removal.Kind.ERASURE:
            what = f"the personal data of account {removal.subject.partition(':')[2]} and {what}"
        if removal.closed_at:
            return format_html(
                "{} by {}, {}: “{}”", removal.state().capitalize(), removal.closed_by, moment(removal.closed_at, now), removal.closed_reason
            )
        if removal.done_at:
            return format_html(
                "Removed {}: {}. Asked by {}, approved by {}.", moment(removal.done_at, now), what, removal.asked_by, removal.approved_by
            )
        if removal.approved_at:
            return format_html("Approved by {}, {}. Going: {}.", removal.approved_by, moment(removal.approved_at, now), what)
        return format_html("{} asks that {} go. Somebody else has to approve it.", removal.asked_by, what)

    def page_context(self, request: HttpRequest, removal: Any, now: datetime) -> dict[str, Any]:
        held = hold_on_removal(removal) if removal.is_open else None
        asks = removal.waits_for_approval and may(request.user, APPROVE)
        return {
            **shown(removal, now, with_content=may(request.user, "audit.view_ledgerevent")),
            "held": held,
            "hold_page": reverse("admin:audit_legalhold_change", args=[held.pk]) if held else "",
            "refusal": why_not_approve(removal, request.user) if asks else "",
        }

"""How each channel is used: one list of all channels, and a page to decide about one of them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanWidget

from portal.foundation import words
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.fields import DurationInput
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.channel_rules import CHANGE, Channel, ChannelState, channels_now, decide_channel
from portal.foundation.channels.limits import DEFAULTS, Limit, receipt_within
from portal.foundation.channels.models import ChannelRule

LIST = "admin:portal_channelrule_changelist"


def in_words(limit: Limit | None) -> str:
    return f"{words.counted(limit.most, 'message')} in {words.duration(limit.within)}" if limit else "as many as there are"


class RuleForm(forms.Form):
    """What an organisation decides about a channel; empty fields keep the default."""

    takes_thing = True
    cleared = forms.BooleanField(
        required=False,
        label="Cleared for confidential details",
        widget=UnfoldBooleanWidget,
        help_text="Not cleared: messages about confidential incidents carry their number and the link only.",
    )
    receipt_within = DurationInput(required=False, label="A receipt may take")
    most = forms.IntegerField(
        required=False, min_value=1, max_value=1_000, label="Messages to one person", widget=UnfoldAdminIntegerFieldWidget
    )
    within = DurationInput(
        required=False,
        label="Counted over",
        help_text="What is more waits for the next free slot and travels as one message. Nothing is dropped.",
    )

    def __init__(self, *args: Any, thing: ChannelRule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fields:
            self.fields[name].initial = getattr(thing, name, None)
        default = words.duration(receipt_within(thing.channel))
        self.fields["receipt_within"].help_text = f"After that the next contact point is tried. Empty: {default}."
        self.fields["most"].help_text = f"Empty: {in_words(DEFAULTS.get(thing.channel))}."


@admin.register(ChannelRule)
class ChannelRuleAdmin(PortalModelAdmin):
    """Channels are given by the portal, so none is added and none goes; a channel has a row once something was decided."""

    verbs = (
        Verb(
            key="decide",
            label="Decide how it is used",
            run=decide_channel,
            permission=CHANGE,
            form=RuleForm,
            consequence="It holds from the next message on, for everybody who is reached this way.",
            ask="Why? The words stay in the history and in the audit trail.",
            done="Decided. It holds from the next message on.",
        ),
    )

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        if object_id not in Channel.values:
            return None
        return ChannelRule.objects.filter(channel=object_id).first() or ChannelRule(channel=object_id)

    def first_line(self, thing: Any, now: Any) -> str:
        return str(thing)

    def page_of(self, thing: Any) -> str:
        return reverse(LIST)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """What stands about one channel stands in the list."""
        if self.get_object(request, object_id) is None and not ChannelRule.objects.filter(pk__iexact=object_id).exists():
            raise Http404
        return redirect(LIST)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_decide, states = self.has_change_permission(request), channels_now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Channels",
            "first_line": _first_line(states),
            "rows": [_row(state, may_decide) for state in states],
            "media": self.media,
        }
        return render(request, "portal/channels.html", context)


def _first_line(states: Sequence[ChannelState]) -> str:
    ready = [str(state.rule) for state in states if not state.missing]
    cleared = [str(state.rule) for state in states if state.use.cleared]
    details = f"Confidential details go over {words.listed(cleared)} only." if cleared else "No channel carries confidential details."
    return f"{len(ready)} of {len(states)} channels are set up. {details}"


def _row(state: ChannelState, may_decide: bool) -> dict[str, Any]:
    rule = state.rule
    return {
        "channel": str(rule),
        "missing": state.missing,
        "cleared": state.use.cleared,
        "receipt": words.duration(state.use.receipt_within),
        "receipt_is_own": rule.receipt_within is not None,
        "limit": in_words(state.use.limit),
        "limit_is_own": state.limit_is_own,
        "decide": reverse("admin:portal_channelrule_do", args=[rule.channel, "decide"]) if may_decide else "",
        "history": reverse("admin:portal_channelrule_history", args=[rule.pk]) if rule.pk else "",
    }

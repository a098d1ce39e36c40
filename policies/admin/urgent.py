"""Break-glass in the admin: the button on a draft, and the list of what was published at once with its reviews."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget

from policies.governance.states import VersionState
from policies.governance.urgent import publish_at_once, review_urgent
from policies.models import PolicyVersion, UrgentPublication
from portal.foundation import clock
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

HOURS = (1, 2, 4, 8, 24, 48, 72)


class HowLongForm(forms.Form):
    """How long it is in force."""

    hours = forms.TypedChoiceField(
        label="In force for",
        coerce=int,
        choices=[(hours, f"{hours} h") for hours in HOURS],
        initial=8,
        widget=UnfoldAdminSelectWidget(),
        help_text="Then it ends by itself, and what is in force now is in force again.",
    )


class VerdictForm(forms.Form):
    """What somebody else makes of it afterwards."""

    verdict = forms.ChoiceField(
        label="It was",
        choices=UrgentPublication.Verdict.choices,
        widget=UnfoldAdminSelectWidget(),
        help_text="'Not justified' ends it at once, if it is still in force.",
    )


def publish_for(version: PolicyVersion, *, actor: Any, now: datetime, reason: str, hours: int) -> UrgentPublication:
    """`publish_at_once`, with its end told as a number of hours."""
    return publish_at_once(version, actor=actor, now=now, reason=reason, until=now + timedelta(hours=hours))


PUBLISH_AT_ONCE = Verb(
    key="publish-at-once",
    label="Publish at once",
    run=publish_for,
    permission="policies.publish_at_once_policyversion",
    possible=lambda version: version.state == VersionState.DRAFT.value,
    look="danger",
    form=HowLongForm,
    consequence="The draft is in force now, without approval, and only for a limited time. Approvers, compliance and the policy's owner are "
    "told at once, and somebody else has to review it. Until then you cannot do this again.",
    ask="Why can this not wait for an approval?",
    done="In force. The others have been told, and a review is due.",
)


def urgent_words(version: PolicyVersion, now: datetime) -> str:
    """The first line of a version that was published at once; empty for any other."""
    if version.effective_until is None:
        return ""
    publication = version.urgent_publication
    ended = version.effective_until <= now
    said = "Published at once by {}, without approval. {} {}: “{}”. {}"
    return format_html(
        said,
        publication.published_by,
        "Ended" if ended else "In force until",
        moment(version.effective_until, now),
        publication.reason,
        review_words(publication, now),
    )


def review_words(publication: UrgentPublication, now: datetime) -> str:
    """'Justified, says Abe.', or by when somebody has to say."""
    if publication.reviewed_by is not None:
        return format_html("{}, says {}.", publication.get_verdict_display().capitalize(), publication.reviewed_by)
    late = "overdue since" if publication.review_due_at < now else "due by"
    return format_html("Review {} {}.", late, moment(publication.review_due_at, now))


@admin.register(UrgentPublication)
class UrgentPublicationAdmin(PortalModelAdmin):
    list_display = ("version", "published_by", "when", "until_when", "review")
    list_filter = ("verdict", "published_by")
    list_select_related = ("version__policy", "published_by", "reviewed_by")
    search_fields = ("version__policy__name", "reason", "published_by__display_name")
    fields = ("version", "published_by", "when", "until_when", "reason", "review", "review_reason")
    readonly_fields = fields
    empty_list = "Nothing was ever published without approval. When somebody does, it stands here until and after its review."
    verbs = (
        Verb(
            key="review",
            label="Review",
            run=review_urgent,
            permission="policies.review_urgentpublication",
            possible=lambda publication: publication.reviewed_at is None,
            look="primary",
            form=VerdictForm,
            consequence="Your verdict stays on record and cannot be changed. Whoever published it gets the right back.",
            ask="Why was it justified, or why not?",
            done="Reviewed.",
        ),
    )

    @admin.display(description="Published", ordering="published_at")
    def when(self, publication: Any) -> str:
        return moment(publication.published_at, clock.now())

    @admin.display(description="Until", ordering="until")
    def until_when(self, publication: Any) -> str:
        return moment(publication.until, clock.now())

    @admin.display(description="Review", ordering="review_due_at")
    def review(self, publication: Any) -> str:
        return review_words(publication, clock.now())

    def first_line(self, publication: Any, now: datetime) -> str:
        return urgent_words(publication.version, now)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def links(self, request: HttpRequest, publication: Any) -> list[tuple[str, str, str]]:
        return [("Open the version", self.page_of(publication.version), "default")]

"""What is said to whom: templates of messages, and who announces."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from policies.messages.rendering import VARIABLES, problems_in
from policies.models import AnnouncementProtocol, MessageTemplate

from .rows import BlockSection, ContentRow, TableSection

BODY_AT_MOST = 4_000


class MessageForm(ContentRow):
    subject = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget)
    body = forms.CharField(max_length=BODY_AT_MOST, widget=UnfoldAdminTextareaWidget(attrs={"rows": 5}))

    def clean_subject(self) -> str:
        return _readable(self.cleaned_data["subject"])

    def clean_body(self) -> str:
        return _readable(self.cleaned_data["body"])


def _readable(text: str) -> str:
    """`text`, when every name in it is known."""
    problems = problems_in(text)
    if problems:
        raise forms.ValidationError([forms.ValidationError(problem) for problem in problems])
    return text


class MessageSection(BlockSection):
    model = MessageTemplate
    section = "messages"
    form = MessageForm
    fields = (("track", "level", "audience"), "subject", "body")
    verbose_name_plural = "messages"
    about = "The words of an alert, for a level and an audience; level 0 is every level that has none of its own."
    when_empty = "No messages of its own: those of broader policies count; without any, the portal's own words."
    variables = [(name, variable.description, variable.sample) for name, variable in VARIABLES.items()]


class AnnouncementForm(ContentRow):
    def clean_row(self, data: dict[str, Any]) -> None:
        if "person" in self.errors or "role_held" in self.errors:
            return
        if data.get("person") is None and data.get("role_held") is None:
            self.add_error("person", "Choose who speaks: a person or a role.")
        elif data.get("person") is not None:
            self.refuse("role_held", data, "A person speaks already. Choose one of the two.")
        for name in ("first_within", "repeat_every"):
            if data.get(name) is not None and not data[name]:
                self.add_error(name, "Give more than no time.")


class AnnouncementSection(TableSection):
    model = AnnouncementProtocol
    section = "announcements"
    form = AnnouncementForm
    fields = ("severity", "audience", "person", "role_held", "channels", "first_within", "repeat_every")
    together = ("person", "role_held")
    verbose_name_plural = "announcements"
    about = "Who speaks to an audience about incidents at least this severe: when first, how often, and where. Channels are separated by commas."
    when_empty = "No announcements of its own: those of broader policies count; without any, nobody has to speak."

"""The page that asks before a version is submitted: words on its warnings, when there are some."""

from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from unfold.widgets import UnfoldAdminTextareaWidget

from policies.decisions.findings import Weight, of_weight
from policies.governance.models import PolicyVersion
from policies.governance.queries import findings_on
from portal.foundation import clock, words
from portal.foundation.errors import PortalError


class SubmitForm(forms.Form):
    """`accepted` is asked for only when warnings are all that the checks find. Errors are left to the service, which says them."""

    takes_thing = True

    def __init__(self, *args: Any, thing: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        try:
            findings = findings_on(thing, now=clock.now())
        except PortalError:
            return
        warnings = of_weight(findings, Weight.WARNING)
        if warnings and not of_weight(findings, Weight.ERROR):
            told = format_html_join("", "{}: {}<br>", ((finding.place, finding.in_words) for finding in warnings))
            self.fields["accepted"] = forms.CharField(
                label=f"Why the {words.counted(len(warnings), 'warning')} can be accepted",
                max_length=2_000,
                widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
                help_text=format_html("{}Your words are kept with the version and shown to the approver.", told),
                error_messages={"required": "Say in a sentence why the warnings are accepted, or put them right in the draft."},
            )

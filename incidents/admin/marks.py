"""Severity, state and priority as marks: a shape and a word, the colour only beside them."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from incidents.models import Incident
from policies.decisions.vocabulary import Severity


@lru_cache(maxsize=8)
def severity_mark(severity: str) -> SafeString:
    """The shape and word of a severity; a quiet 'not graded' without one."""
    if severity not in Severity.__members__:
        return format_html('<span class="quiet">{}</span>', "not graded")
    # Trimming makes a plain string of what the template escaped; it is still safe.
    return SafeString(render_to_string("portal/severity.html", {"severity": severity}).strip())


def state_mark(incident: Incident) -> SafeString:
    """The state in words, 'new' standing out because nobody has it yet."""
    return format_html('<span class="state state-{}">{}</span>', incident.state, incident.get_state_display())


def priority_mark(incident: Incident) -> str:
    """'P2 high', or a dash where the source knew none."""
    return incident.get_priority_display() or "–"

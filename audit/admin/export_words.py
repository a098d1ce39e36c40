"""Exports in words."""

from audit.evidence.at_the_server import Written
from audit.evidence.exports import selection_of
from audit.evidence.selection import Selection
from audit.models import EvidenceExport
from portal.foundation import words
from portal.foundation.adminkit.moments import written


def export_line(run: EvidenceExport) -> str:
    """'Everything: written, 12,345 entries, 3.4 MB'."""
    told = f"{selection_words(selection_of(run))}: {state_words(run)}"
    return f"{told}, {words.counted(run.entries, 'entry', 'entries')}, {size_words(run.length)}" if run.state == run.State.DONE else told


def server_line(one: Written) -> str:
    """'Everything: written at the server'."""
    return f"{selection_words(one.selection)}: {'broke off at the server' if one.broke_off else 'written at the server'}"


def state_words(run: EvidenceExport) -> str:
    if run.state == run.State.DONE:
        return "file deleted" if run.removed_at else "written"
    return str(run.get_state_display())


def selection_words(selection: Selection, name: str = "") -> str:
    """'Everything', or what narrows it: 'Events of incident INC-000012 from … and before …'."""
    if selection.is_everything:
        return "Everything"
    parts = [f"of {name or f'{selection.model} {selection.pk}'}"] if selection.model else []
    parts += [f"from {written(selection.since)}"] if selection.since else []
    parts += [f"before {written(selection.until)}"] if selection.until else []
    return f"Events {' '.join(parts)}"


def size_words(length: int) -> str:
    """'3.4 MB', as file managers say it."""
    if length < 1_000_000:
        return f"{max(length, 1) / 1_000:,.0f} kB"
    return f"{length / 1_000_000:,.1f} MB" if length < 1_000_000_000 else f"{length / 1_000_000_000:,.1f} GB"

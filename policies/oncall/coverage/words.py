"""What a check of the duty ahead found, in sentences."""

from datetime import UTC, datetime

from portal.foundation import words

from .findings import Kind
from .models import CoverageFinding


def finding_in_words(finding: CoverageFinding) -> str:
    """One sentence, without the times but the first: 'Nobody is on duty in Payments: 3 times, 2 d together, first …'."""
    return f"{what_in_words(finding)}{when_in_words(finding)}."


def what_in_words(finding: CoverageFinding) -> str:
    """What is wrong and where."""
    kind, where, who = Kind(finding.kind), finding.schedule, finding.person
    rely = f" ({words.counted(finding.services, 'service')} rely on it)" if finding.services > 1 else ""
    if kind is Kind.NO_DUTY:
        return f"{finding.service} has no team, so nobody is on call for it" if finding.service else f"{finding.team} has no schedule{rely}"
    said = {
        Kind.TEAM_GAP: f"Nobody of {finding.team} is on duty in any of its schedules{rely}",
        Kind.GAP: f"Nobody is on duty in {where}{rely}",
        Kind.LEFT: f"{who} left, and is on duty in {where}",
        Kind.UNREACHABLE: f"{who} has no active contact point, and is on duty in {where}",
        Kind.ONLY_EMAIL: f"{who} can be reached by e-mail only, which nobody hears at night, and is on duty in {where}",
        Kind.UNVERIFIED: f"{who} never showed that messages arrive, and is on duty in {where}",
        Kind.EXPIRED: f"{who} has to show again that messages arrive, and is on duty in {where}",
        Kind.DOUBLE: f"{who} is on duty in {where} and in {finding.other} at once",
        Kind.ABSENT: f"{who} is away when it would be their turn in {where}; somebody else is on duty",
        Kind.COVERED_GAP: f"Nobody is on duty in {where}; another schedule of the team is",
    }
    return said[kind]


def when_in_words(finding: CoverageFinding) -> str:
    """How often, how long together, and when first, in UTC; empty where it is always so."""
    if finding.since is None or finding.until is None or finding.lasts is None:
        return ""
    often = f"{words.counted(finding.times, 'time')}, {words.duration(finding.lasts)} together, first " if finding.times > 1 else ""
    return f": {often}{_utc(finding.since)} to {_utc(finding.until)}"


def _utc(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc.day} {utc:%b %Y, %H:%M} UTC"

"""What a check finds, and the verdict that follows: the table of docs/ledger-format.md, section 7."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """A verdict's word and its exit status; of several the first in this order counts."""

    TAMPERED = ("tampered", 1)
    UNKNOWN_KEY = ("unknown key", 5)
    UNSIGNED = ("unsigned", 4)
    INCOMPLETE = ("incomplete", 2)
    STALE = ("stale", 3)
    SOUND = ("sound", 0)

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def status(self) -> int:
        return self.value[1]


# What is in no other set is tampering.
_UNKNOWN = {"unknown_key"}
_UNSIGNED = {"checkpoint_unsigned"}
_INCOMPLETE = {"guard_missing", "unattributed_change", "anchor_failing", "lost_range", "checkpoint_missing"}
_STALE = {"not_sealed"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` is stable, for machines; `index` the entry it is about, where it is about one."""

    code: str
    text: str
    index: int | None = None

    @property
    def verdict(self) -> Verdict:
        groups = (
            (_UNKNOWN, Verdict.UNKNOWN_KEY),
            (_UNSIGNED, Verdict.UNSIGNED),
            (_INCOMPLETE, Verdict.INCOMPLETE),
            (_STALE, Verdict.STALE),
        )
        return next((verdict for codes, verdict in groups if self.code in codes), Verdict.TAMPERED)


def worst(findings: Iterable[Finding]) -> Verdict:
    found = {finding.verdict for finding in findings}
    return next((verdict for verdict in Verdict if verdict in found), Verdict.SOUND)

"""What a check has to say about a set of rules."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark in words: what is wrong, where, and what to do. A blocking one keeps a version from being submitted."""

    text: str
    blocking: bool = True

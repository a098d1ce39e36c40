"""Several policies speak about one service: who wins, part by part, and why.

The narrowest that says something wins: a service before its tier, before its business unit, before the whole organisation.
Thresholds, business impact, the matrix and each track are taken whole from one policy, so that nobody has to puzzle rules together.
What only adds (exceptions, messages, announcements) is taken piece by piece: a narrower policy replaces the pieces that
speak about the same thing and leaves the others standing. So no narrower policy can silence another exception or drop a track.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from .ruleset import PolicySnapshot
from .vocabulary import Scope

ORDER = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Source:
    """A policy version that speaks: for what (`scope`), what it is called, and its primary key."""

    scope: Scope
    name: str
    version_id: int


@dataclass(frozen=True, slots=True)
class Won:
    """Which policy supplies one part of the rules. `beaten` are the broader ones that say something about it too."""

    part: str
    source: Source
    beaten: tuple[Source, ...]

    @property
    def why(self) -> str:
        """'narrowest of 2 that say something: one service before the whole organisation'."""
        if not self.beaten:
            return f"the only one that says something (for {self.source.scope.label})"
        broader = ", ".join(beaten.scope.label for beaten in self.beaten)
        return f"the narrowest that says something: {self.source.scope.label} before {broader}"


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """The rules that count, and who supplies each part. `sources` stand narrowest first; `said` is what each of them says."""

    content: PolicySnapshot
    won: tuple[Won, ...]
    sources: tuple[Source, ...]
    said: tuple[tuple[Source, PolicySnapshot], ...] = ()

    def supplier(self, part: str) -> Source | None:
        """Who supplies `part` (a name of PARTS); None when nobody says anything about it."""
        return next((won.source for won in self.won if won.part == part), None)

    def speaker(self, field: str, rule: Any) -> Source | None:
        """Who says `rule`, one of those under `field` of the content: pieces may come from several policies."""
        return next((source for source, content in self.said if rule in getattr(content, field)), None)


# Taken whole: the fields that go together, under the part's name. The first field says whether there is something said.
WHOLE: dict[str, tuple[str, ...]] = {
    "severity criteria": ("thresholds",),
    "business impact": ("business",),
    "priority matrix": ("matrix",),
    "technical track": ("levels", "resolve_within", "silent_after", "repeats", "severity_rules"),
    "stakeholder track": ("stakeholder_levels", "stakeholder_from"),
    "compliance track": ("compliance_levels",),
}
# Taken piece by piece: the field, and what two pieces must share to speak about the same thing.
PIECES: dict[str, tuple[str, Callable[[Any], Hashable]]] = {
    "exception rules": ("exceptions", lambda rule: (rule.indicator, rule.service_id, rule.label)),
    "messages": ("messages", lambda rule: (rule.track, rule.level, rule.audience)),
    "announcements": ("announcements", lambda rule: (rule.severity, rule.audience)),
}
PARTS = (*WHOLE, *PIECES)


def compose(said: Sequence[tuple[Source, PolicySnapshot]]) -> RulesInForce:
    """The rules of several versions together, in whatever order they come. With none, rules that say nothing."""
    ordered = sorted(said, key=lambda pair: ORDER.index(pair[0].scope))
    fields: dict[str, Any] = {"thresholds": (), "levels": (), "resolve_within": None}
    won: list[Won] = []
    for part, names in WHOLE.items():
        speaking = [(source, content) for source, content in ordered if getattr(content, names[0])]
        if speaking:
            fields.update({name: getattr(speaking[0][1], name) for name in names})
            won.append(Won(part, speaking[0][0], tuple(source for source, _ in speaking[1:])))
    for part, (name, key) in PIECES.items():
        pieces: dict[Hashable, Any] = {}
        suppliers: list[Source] = []
        for source, content in ordered:
            new = {key(piece): piece for piece in getattr(content, name) if key(piece) not in pieces}
            pieces.update(new)
            if getattr(content, name):
                suppliers.append(source)
        if suppliers:
            fields[name] = tuple(pieces.values())
            won.append(Won(part, suppliers[0], tuple(suppliers[1:])))
    measures = {measure.key: measure for _, content in reversed(ordered) for measure in content.measures}
    content = PolicySnapshot(**fields, measures=tuple(measures.values()))
    return RulesInForce(content, tuple(won), tuple(source for source, _ in ordered), tuple(ordered))

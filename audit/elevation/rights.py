"""What a role gives to whoever takes it for minutes. Pure."""

from collections.abc import Collection, Iterable

from audit.duties.pairs import Pair, completing


def given_by(
    role: Collection[str], held: Collection[str], pairs: Iterable[Pair], never: Collection[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """What it gives beyond what is held, and what of it is withheld: what is nobody's alone, and what would join duties that are kept apart."""
    new = {right for right in role if right not in held}
    withheld = new & set(never)
    withheld |= completing(new - withheld, held, pairs)
    return frozenset(new - withheld), frozenset(withheld)

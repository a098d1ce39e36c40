"""The evidence of a finished pack: its files, its frozen figures and the entries of the trail about them, in one bundle."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Model

from audit.evidence.bundles import export_evidence
from audit.evidence.selection import Selection

from .finishing import content_of
from .kept import document_of, lines_in
from .models import FinishedPack
from .provenance import evidence_name, figures_name
from .schema import NAME as SCHEMA_NAME
from .schema import published


def export_pack(
    finished: FinishedPack,
    folder: Path,
    *,
    actor: Any,
    now: datetime,
    about: Sequence[Model] = (),
    reason: str = "",
    **how: Callable[..., object],
) -> Path:
    """Writes the bundle of `finished` into `folder`, with the entries of the review that it was finished for; `about` are further objects.

    What docs/ledger-format.md says of bundles holds, and `verify.py` checks it. `how` and what is raised: audit.evidence.bundles.
    """
    frozen = finished.frozen
    attached = {file.name: content_of(file) for file in finished.files.all()} | {SCHEMA_NAME: published()}
    name = document_of(frozen).name
    attached[figures_name(name)] = b"".join(line + b"\n" for line in lines_in(frozen))
    review = getattr(frozen, "review", None)
    others = tuple((one._meta.label_lower, str(one.pk)) for one in (frozen, *([review] if review else []), *about))
    selection = Selection(model=finished._meta.label_lower, pk=str(finished.pk), others=others)
    out = folder / evidence_name(name)
    export_evidence(out, selection, actor=actor, now=now, reason=reason or f"Evidence of {finished}", attached=attached, **how)  # type: ignore[arg-type]
    return out

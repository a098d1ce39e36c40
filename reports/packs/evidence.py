"""The evidence of a finished pack: its files, its frozen figures and the entries of the trail about them, in one bundle."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Model

from audit.evidence.bundles import Bundle, export_evidence
from audit.evidence.selection import Selection

from .finishing import content_of
from .freezing import document_of, lines_in
from .models import FinishedPack
from .provenance import figures_name


def export_pack(
    finished: FinishedPack,
    out: Path,
    *,
    actor: Any,
    now: datetime,
    about: Sequence[Model] = (),
    reason: str = "",
    **how: Callable[..., object],
) -> Bundle:
    """Writes the bundle of `finished` to the file `out`; `about` are further objects whose entries belong to it, such as the review.

    What docs/ledger-format.md says of bundles holds, and `verify.py` checks it. `how` and what is raised: audit.evidence.bundles.
    """
    frozen = finished.frozen
    attached = {file.name: content_of(file) for file in finished.files.all()}
    attached[figures_name(document_of(frozen).name)] = b"".join(line + b"\n" for line in lines_in(frozen))
    others = tuple((one._meta.label_lower, str(one.pk)) for one in (frozen, *about))
    selection = Selection(model=finished._meta.label_lower, pk=str(finished.pk), others=others)
    return export_evidence(out, selection, actor=actor, now=now, reason=reason or f"Evidence of {finished}", attached=attached, **how)  # type: ignore[arg-type]

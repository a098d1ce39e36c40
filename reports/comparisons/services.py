"""Handing a comparison to a person as PDF; every time recorded."""

import tempfile
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from audit.events.services import act
from policies.governance.comparing import compare
from policies.governance.models import PolicyVersion
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput
from reports.exports import as_pdf
from reports.packs.downloads import Download

from .build import build


def download_comparison(before: PolicyVersion, after: PolicyVersion, *, actor: Any, now: datetime) -> Download:
    """What `after` changes of `before`, as PDF. Raises NotAllowed, InvalidInput for versions of two policies, WrongState for content
    that does not have its hash, and PortalError when the typesetter fails."""
    require(actor, "policies.view_policyversion", after, to="read versions of policies")
    if before.policy_id != after.policy_id:
        raise InvalidInput(f"{before} and {after} belong to different policies. Compare two versions of one policy.")
    document = build(compare(before, after), after.policy)
    with tempfile.TemporaryDirectory(prefix="comparison-") as folder:
        (path,) = as_pdf.write(document, Path(folder))
        download = Download(path.name, "application/pdf", path.read_bytes())
    with act("reports.comparison_downloaded", actor=actor, now=now, subject=after) as running:
        running.details = {"against": before.number, "file": download.name, "sha256": sha256(download.content).hexdigest()}
    return download

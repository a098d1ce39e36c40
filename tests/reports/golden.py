"""The golden pack: `python -m tests.reports.golden` writes it anew. Look at the difference before you commit it."""

from pathlib import Path

from reports.document import ReportDocument
from reports.exports import as_json
from reports.packs.build import build
from reports.packs.quarters import Progress, Quarter
from tests.factories.reports import small_quarter

FOLDER = Path(__file__).resolve().parents[1] / "contracts" / "pack"


def small_document() -> ReportDocument:
    facts = small_quarter()
    return build(Quarter(2016, 1), facts, progress=Progress.OVER, last_event_at=facts[-1].opened_at)


if __name__ == "__main__":
    as_json.write(small_document(), FOLDER)

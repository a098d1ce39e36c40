"""One table as CSV in memory, for a page's own list."""

import tempfile
from pathlib import Path

from reports.document import ReportDocument, Section, Table

from . import as_csv


def csv_of(table: Table) -> bytes:
    """The bytes of `table` as the packs write them: UTF-8, no formula alive."""
    document = ReportDocument(
        name="list", title=table.title, subtitle="", facts=(), highlights=(), summary=(), definitions=(),
        sections=(Section(table.key, table.title, tables=(table,)),),
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="list-") as folder:
        return as_csv.write(document, Path(folder))[0].read_bytes()

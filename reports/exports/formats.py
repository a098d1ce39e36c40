"""The formats by their names."""

from collections.abc import Callable
from pathlib import Path

from reports.document import ReportDocument

from . import as_csv, as_json, as_pdf, as_xlsx

FORMATS: dict[str, Callable[[ReportDocument, Path], list[Path]]] = {
    "json": as_json.write,
    "csv": as_csv.write,
    "xlsx": as_xlsx.write,
    "pdf": as_pdf.write,
}

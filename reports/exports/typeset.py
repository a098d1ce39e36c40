"""The typesetter's process: `python -m reports.exports.typeset FOLDER` turns FOLDER/document.json into FOLDER/document.pdf.

It knows nothing of Django or the database. All text reaches the template as data, never as its source, so no text can be markup.
"""

import json
import logging
import shutil
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst
from matplotlib.ft2font import FT2Font

from reports.document import Figure, FigureKind, Kind, Series

from . import charts
from .safety import printable

TEMPLATE = Path(__file__).with_name("report.typ")
FONTS = Path(mpl.get_data_path(), "fonts", "ttf")
FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def typeset(folder: Path) -> None:
    """Draws the figures, replaces what the font cannot show, and compiles the template to PDF/UA-1."""
    document = _printable(json.loads((folder / "document.json").read_text(encoding="utf-8")), _glyphs())
    figures = [figure for section in document["sections"] for figure in section["figures"]]
    for number, figure in enumerate(figures, start=1):
        data = _figure(figure)
        figure["image"] = "" if charts.is_empty(data) else f"figure-{number}.svg"
        if figure["image"]:
            (folder / figure["image"]).write_text(charts.draw(data), encoding="utf-8")
    (folder / "document.json").write_text(json.dumps(document), encoding="utf-8")
    source = Path(shutil.copy(TEMPLATE, folder))
    compiler = typst.Compiler(root=str(folder), font_paths=[str(FONTS)], ignore_system_fonts=True)
    compiler.compile(input=str(source), output=str(folder / "document.pdf"), format="pdf", pdf_standards=["ua-1"])


def _glyphs() -> frozenset[int]:
    """The characters that every face of the font has."""
    return frozenset.intersection(*(frozenset(FT2Font(str(FONTS / face)).get_charmap()) for face in FACES))


def _printable(value: Any, glyphs: frozenset[int]) -> Any:
    if isinstance(value, str):
        return printable(value, glyphs)
    if isinstance(value, dict):
        return {key: _printable(item, glyphs) for key, item in value.items()}
    return [_printable(item, glyphs) for item in value] if isinstance(value, list) else value


def _figure(plain: dict[str, Any]) -> Figure:
    series = tuple(Series(each["name"], tuple(each["values"]), each["tone"]) for each in plain["series"])
    kinds = {"kind": FigureKind(plain["kind"]), "value_kind": Kind(plain["value_kind"])}
    return Figure(**{**plain, **kinds, "series": series, "categories": tuple(plain["categories"])})


if __name__ == "__main__":
    # Remarks about fonts go nowhere useful: what cannot be shown was replaced.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    typeset(Path(sys.argv[1]))

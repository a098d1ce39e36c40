"""The typesetter's process: `python -m reports.exports.typeset FOLDER` turns FOLDER/document.json into FOLDER/document.pdf.

It knows nothing of Django or the database. All text reaches the template as data, never as its source, so no text can be markup.
"""

import json
import logging
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typst

from reports.document import Figure, FigureKind, Kind, Series

from . import charts, fonts
from .safety import isolated, printable

TEMPLATE = Path(__file__).with_name("report.typ")
# What the typesetter says of characters that each has a glyph somewhere, but no font for all of them together.
_NOT_SHOWN = re.compile('the text `"(?P<text>.+?)"` could not be displayed', re.DOTALL)
# More odd clusters of characters than any honest report holds.
MOST_TRIES = 100


def typeset(folder: Path) -> None:
    """Draws the figures, replaces what no font can show, and compiles the template to PDF/UA-1."""
    known = fonts.glyphs()
    document = _mapped(json.loads((folder / "document.json").read_text(encoding="utf-8")), lambda text: printable(text, known))
    figures = [figure for section in document["sections"] for figure in section["figures"]]
    for number, figure in enumerate(figures, start=1):
        data = _figure(figure)
        figure["image"] = "" if charts.is_empty(data) else f"figure-{number}.svg"
        if figure["image"]:
            (folder / figure["image"]).write_text(charts.draw(data), encoding="utf-8")
    document = {**_mapped(document, isolated), "fonts": fonts.FAMILIES}
    source = Path(shutil.copy(TEMPLATE, folder))
    compiler = typst.Compiler(root=str(folder), font_paths=[str(each) for each in fonts.FOLDERS], ignore_system_fonts=True)
    for last in [False] * MOST_TRIES + [True]:
        (folder / "document.json").write_text(json.dumps(document), encoding="utf-8")
        try:
            compiler.compile(input=str(source), output=str(folder / "document.pdf"), format="pdf", pdf_standards=["ua-1"])
        except typst.TypstError as error:
            odd = _NOT_SHOWN.search(str(error))
            if last or odd is None:
                raise
            document = _mapped(document, lambda text, odd=odd["text"]: text.replace(odd, "\N{WHITE SQUARE}"))  # type: ignore[misc]
        else:
            return


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    return [_mapped(item, change) for item in value] if isinstance(value, list) else value


def _figure(plain: dict[str, Any]) -> Figure:
    series = tuple(Series(each["name"], tuple(each["values"]), each["tone"]) for each in plain["series"])
    kinds = {"kind": FigureKind(plain["kind"]), "value_kind": Kind(plain["value_kind"])}
    return Figure(**{**plain, **kinds, "series": series, "categories": tuple(plain["categories"])})


if __name__ == "__main__":
    # Remarks about fonts go nowhere useful: what cannot be shown was replaced.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    typeset(Path(sys.argv[1]))

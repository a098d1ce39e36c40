"""The fonts of everything on paper: Noto for the scripts of the world, as packages, so that every machine sets the same.

Importing this module loads matplotlib: only for a process that draws.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font


def _folder(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ImportError(f"The package {package}, which holds fonts, is not installed. Install requirements.txt.")
    return Path(found.origin).parent


NOTO, CJK, DEJAVU = _folder("manimgx_fonts"), _folder("manimgx_fonts_cjk"), Path(mpl.get_data_path(), "fonts", "ttf")
FOLDERS = (NOTO, CJK, DEJAVU)
_SCRIPTS = (
    "Hebrew", "Arabic", "Armenian", "Georgian", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada",
    "Malayalam", "Sinhala", "Thai", "Lao", "Khmer", "Myanmar", "Ethiopic",
)  # fmt: skip
# In the order in which they are asked for a character; the last has signs that the others lack.
FAMILIES = (
    "Noto Sans",
    *(f"Noto Sans {script}" for script in _SCRIPTS),
    "Noto Sans CJK SC",
    "Noto Sans Symbols",
    "Noto Emoji",
    "DejaVu Sans",
)
FILES = (
    NOTO / "NotoSans[wght].ttf",
    *(NOTO / f"NotoSans{script}[wght].ttf" for script in _SCRIPTS),
    CJK / "NotoSansCJK-VF.otf.ttc",
    NOTO / "NotoSansSymbols[wght].ttf",
    NOTO / "NotoEmoji[wght].ttf",
    DEJAVU / "DejaVuSans.ttf",
)


@cache
def for_charts() -> tuple[str, ...]:
    """The families, known to what draws charts from now on."""
    for file in FILES[:-1]:
        font_manager.fontManager.addfont(str(file))
    return FAMILIES


@cache
def glyphs() -> frozenset[int]:
    """The characters that one of the fonts has."""
    return frozenset().union(*(FT2Font(str(file)).get_charmap() for file in FILES))

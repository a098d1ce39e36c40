"""Table of contents: the models of reports."""

from .packs.models import FinishedPack, FrozenFigures, PackFile, QuarterlyPack

__all__ = ["FinishedPack", "FrozenFigures", "PackFile", "QuarterlyPack"]

"""Table of contents: the models of reports."""

from .packs.models import QuarterlyPack

__all__ = ["QuarterlyPack"]

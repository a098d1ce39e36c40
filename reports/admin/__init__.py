"""The door of reports in the admin: packs that were built, and building one.

Writes: nothing itself; it calls reports.packs.
Reads: packs.
Never: changes or removes the record of a pack.
"""

from . import packs

__all__ = ["packs"]

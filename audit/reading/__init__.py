"""Finding what the trail tells: filters, views of it that people keep, the index that answers them, and events as a reader sees them.

Writes: SavedView (by the life of audit.keeping), SavedViewVersion, and its own index, which can be made anew from the ledger at any time.
Reads: the ledger and which of its leaves there are, what was removed, people's names.
Never: changes an event, slows the writing of one, or keeps a word of one that is gone.
"""

"""What comes over from the tools that teams leave: one file a source, plus the records as the source had them.

Writes: ImportRun, SourceRecord; incidents, catalogue and people, marked as imported.
Reads: the file.
Never: starts an escalation, and never passes the source's times off as the portal's.
"""

"""Policies as text that people review: a version written as YAML, and a file read back as a draft.

Writes: drafts, through governance.
Reads: versions, and by their names people, schedules and services.
Never: puts anything in force; an import is a draft like any other.
"""

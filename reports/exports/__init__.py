"""One document, four formats: PDF, XLSX, CSV and JSON.

Writes: files, where it is told to.
Reads: a ReportDocument.
Never: the database, and never a figure of its own.
"""

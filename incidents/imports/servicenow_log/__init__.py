"""ServiceNow's incident log with its audit columns, as published at UCI ('Incident management process enriched event log').

Writes: nothing; every file here is pure.
Reads: the cells of the log.
Never: guesses a value that it cannot read.
"""

"""Contact and person data kept equal with the organisation's configuration database (CMDB): compared three ways, applied, sent back.

Writes: DirectoryEntry, DirectorySync, DirectoryRow, DirectoryExport; names, time zones, managers, skills and contact points of people.
Reads: files of the CMDB; who is on duty, through what policies register.
Never: makes accounts, touches passwords, roles or rights, or decides a conflict.
"""

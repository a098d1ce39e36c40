"""One file a command: what can be done with policies from a terminal.

Writes: files that it is told to write.
Reads: its arguments and files.
Never: rules; they stand in the rooms of policies.
"""

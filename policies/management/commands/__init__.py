"""One file a command: policies written as YAML and read back.

Writes: files that it is told to write.
Reads: its arguments and files.
Never: rules; they stand in the rooms of policies.
"""

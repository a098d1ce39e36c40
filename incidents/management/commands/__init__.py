"""One file a command: bringing in other systems' logs.

Writes: nothing itself.
Reads: its arguments and files.
Never: rules; they stand in incidents.imports.
"""

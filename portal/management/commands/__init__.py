"""One file a command: preparing, running and watching an installation.

Writes: nothing itself.
Reads: its arguments and the settings.
Never: rules of an app.
"""

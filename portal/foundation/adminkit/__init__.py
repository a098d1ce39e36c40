"""What every admin door shares: bases, filters, times as people read them.

Writes: nothing.
Reads: nothing.
Never: rules of an app.
"""

"""What everybody sees first: the admin site, its navigation, the work list, the API's root and the health answers.

Writes: nothing.
Reads: every app.
Never: imported by an app.
"""

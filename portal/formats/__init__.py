"""How dates and times look where the framework writes them: unambiguous, on a 24-hour clock, with the zone's name.

Writes: nothing.
Reads: nothing.
Never: a second opinion on numbers; they follow the language.
"""

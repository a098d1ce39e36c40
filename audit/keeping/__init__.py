"""What people keep under a name, such as views of the trail and dashboards: the life that all of it has in common.

Writes: what is kept, of whatever kind; each kind writes its own versions.
Reads: people, whether they are still here.
Never: what a version says; removes anything.
"""

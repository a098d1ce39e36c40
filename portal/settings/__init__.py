"""Settings by topic; `development`, `production` and `test` put the topics together.

Writes: nothing.
Reads: the environment, in `env.py` only.
Never: imported by the code of an app, which asks `django.conf.settings`.
"""

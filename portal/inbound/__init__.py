"""The doors for what comes back from outside: the telephone service, Slack, and links in messages. Nobody signs in here.

Writes: nothing by itself; portal.foundation.answers does.
Reads: requests, whose signature or token is checked before anything else is believed.
Never: acts on a GET; trusts the Host header; keeps a session; repeats what a request said.
"""

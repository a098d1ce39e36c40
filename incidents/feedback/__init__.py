"""What customers, teams and stakeholders said of an incident or a service, and what followed from it.

Writes: Feedback, FeedbackWords.
Reads: incidents, services, legal holds; a file that somebody hands in.
Never: asks anybody, sends anything, or lets somebody's words into history, the trail or a report.
"""

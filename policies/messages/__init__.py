"""What is said to whom when an incident escalates: templates of messages, and who announces what to which audience.

Writes: MessageTemplate, AnnouncementProtocol (content of a policy version).
Reads: the pure core.
Never: sends anything; rendering puts named values into text and knows no logic.
"""

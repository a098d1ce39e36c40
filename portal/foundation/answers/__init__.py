"""What comes back from a message: receipts of providers, and answers of people by link, reply, keypad or button.

Writes: Callback, and through the outbox a message's receipt and answer.
Reads: messages, attempts, contact points.
Never: acts for somebody whose identity the way does not show; knows what a message is about (its kind's handler does).
"""

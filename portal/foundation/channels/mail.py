"""E-mail through the operator's mail server, for codes and information only: nobody hears it at night."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from portal.foundation.errors import DeliveryFailed
from portal.foundation.people.addresses import problem_with

from .base import Handed, Message, is_alert

NOT_SET_UP = "E-mail is not set up on this installation: an operator must set EMAIL_HOST."
NO_ALERT = "E-mail does not carry alerts, so this one was not sent by it."


class Mail:
    """Plain text, one mail a message. Repeats carry the same Message-ID, so a mailbox shows them once."""

    def not_set_up(self, address: str) -> str:
        return "" if settings.EMAIL_HOST else NOT_SET_UP

    def problem_with(self, address: str) -> str:
        return problem_with("email", address)

    def send(self, address: str, message: Message) -> Handed:
        problem = NO_ALERT if is_alert(message.kind) else self.not_set_up(address) or self.problem_with(address)
        if problem:
            raise DeliveryFailed(problem, permanent=True)
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
        mail = EmailMessage(
            subject=" ".join(message.title.split()),
            body=f"{message.body}\n\n{message.link}".strip(),
            to=[address.strip()],
            headers={"Message-ID": f"<{message.key}@{domain}>", "Auto-Submitted": "auto-generated"},
        )
        try:
            mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise DeliveryFailed("The mail server does not accept this address.", permanent=all(code >= 500 for code in codes)) from None
        except smtplib.SMTPResponseException as error:
            # Its words could repeat the address, or the password.
            raise DeliveryFailed(f"The mail server answered with {error.smtp_code}.", permanent=error.smtp_code >= 500) from None
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryFailed(f"The mail server cannot be reached ({type(error).__name__}).") from None
        return Handed("taken by the mail server")

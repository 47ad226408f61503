"""Mails to send to the sandbox."""

from email.message import EmailMessage


def mail(subject: str, message_id: str, *references: str, to: str = "contracts@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "tickets@example.org"
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = message_id
    if references:
        message["In-Reply-To"] = references[-1]
        message["References"] = " ".join(references)
    message.set_content("Grüße,\nthe tickets service\n")
    return message

"""Any mail server, over SMTP (RFC 5321)."""

from __future__ import annotations

import contextlib
import re
import smtplib
from email.headerregistry import Address
from email.message import EmailMessage

from channels.channel import Accepted, Mail, Refused, Unclear, digest
from domain.pacing import Trouble

TIMEOUT_SECONDS = 12


class Smtp:
    """One server; STARTTLS and login where they are configured. A connection a mail: slow, and nothing to keep alive."""

    name = "smtp"

    def __init__(self, host: str, port: int, user: str = "", password: str = "", starttls: bool = False) -> None:
        self._host, self._port = host, port
        self._user, self._password, self._starttls = user, password, starttls
        self.key = digest(f"{user}\x1f{password}") if user else ""

    def send(self, mail: Mail) -> Accepted:
        letter = letter_of(mail)
        try:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        except OSError as error:  # as is every SMTPException
            raise Refused(f"the mail server could not be reached: {error}", permanent=False, trouble=Trouble.AWAY) from None
        try:
            self._prepare(server)
            _hand_over(server, letter)
        finally:
            # It has the mail or it has not; how it says goodbye changes nothing.
            with contextlib.suppress(OSError):
                server.quit()
        return Accepted(str(letter["Message-ID"]))

    def _prepare(self, server: smtplib.SMTP) -> None:
        try:
            if self._starttls:
                server.starttls()
            if self._user:
                server.login(self._user, self._password)
        except OSError as error:
            trouble = Trouble.KEY if isinstance(error, smtplib.SMTPAuthenticationError) else Trouble.AWAY
            raise Refused(f"the mail server does not let us in: {error}", permanent=False, trouble=trouble) from None


def _hand_over(server: smtplib.SMTP, letter: EmailMessage) -> None:
    try:
        server.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        said = words.decode(errors="replace")
        raise Refused(
            f"the mail server refused the address ({code}): {said}", permanent=code >= 500, bad_address=_is_bad(code, said)
        ) from None
    except smtplib.SMTPResponseException as error:
        # An answer to MAIL, RCPT or DATA: the server has it only after answering 250 to the end of DATA.
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        raise Refused(f"the mail server refused it ({error.smtp_code}): {said}", permanent=error.smtp_code >= 500) from None
    except OSError as error:
        raise Unclear(f"the connection to the mail server broke: {error}") from None


def _is_bad(code: int, said: str) -> bool:
    """Whether there is no such mailbox. A server that does not want our mail refuses at the same point: 5.7.1, relaying denied.

    https://www.rfc-editor.org/rfc/rfc3463#section-3.2 where it says more than https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3
    """
    if enhanced := re.match(r"\d\.(\d{1,3})\.(\d{1,3})\b", said):
        return code >= 500 and enhanced[1] == "1" and enhanced[2] not in ("7", "8")  # those are about the sender's
    return code in (550, 551, 553)


def letter_of(mail: Mail) -> EmailMessage:
    """The mail as it goes over the wire (RFC 5322)."""
    letter = EmailMessage()
    letter["Message-ID"] = mail.mail_id
    if mail.answers:
        letter["In-Reply-To"] = letter["References"] = mail.answers
    letter["From"] = Address(mail.from_name, addr_spec=mail.from_address)
    letter["To"] = Address(mail.to_name, addr_spec=mail.to_address)
    letter["Reply-To"] = mail.reply_to
    letter["Subject"] = mail.subject
    for name, value in mail.headers.items():
        letter[name] = value
    letter.set_content(mail.text)
    if mail.html:
        letter.add_alternative(mail.html, subtype="html")
    return letter

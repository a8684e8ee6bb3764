"""SendGrid, through its own client. https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send"""

from __future__ import annotations

import contextlib
import json
import time
from datetime import timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from python_http_client import exceptions
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Content, CustomArg, From, Header, ReplyTo, Subject, To
from sendgrid.helpers.mail import Mail as SendGridMail

from channels.channel import Accepted, Mail, Refused, Unclear, digest, was_reached
from domain.pacing import Trouble

TIMEOUT_SECONDS = 12


class SendGrid:
    """Sends through `host` (https://api.sendgrid.com, its EU twin, or a fake) with one API key."""

    name = "sendgrid"

    def __init__(self, api_key: str, host: str) -> None:
        self.key = digest(api_key)
        self._client = SendGridAPIClient(api_key, host=host)
        # The client has no timeout of its own, and the one it is given it hands on to urllib only through here.
        self._client.client.timeout = TIMEOUT_SECONDS

    def send(self, mail: Mail) -> Accepted:
        """202 is accepted. 429 and what never reached them may be tried again; other 4xx may not; all else is unclear."""
        try:
            response = self._client.send(_letter(mail))
        except exceptions.TooManyRequestsError as error:
            said = "SendGrid asks us to slow down (429)"
            raise Refused(said, permanent=False, retry_after=_retry_after(error.headers), trouble=Trouble.FULL) from None
        except (exceptions.UnauthorizedError, exceptions.ForbiddenError) as error:
            # A revoked key is trouble of ours, not of this mail: it waits until somebody mends the key.
            raise Refused(f"SendGrid does not accept our key ({error.status_code})", permanent=False, trouble=Trouble.KEY) from None
        except exceptions.HTTPError as error:
            if 400 <= error.status_code < 500:
                faults = _faults(error)
                why = "; ".join(str(fault["message"]) for fault in faults) or str(error.reason)
                raise Refused(f"SendGrid refused it ({error.status_code}): {why}", permanent=True, bad_address=_is_bad(faults)) from None
            raise Unclear(f"SendGrid answered {error.status_code}") from None
        except URLError as error:
            if not was_reached(error.reason):
                raise Refused(f"SendGrid could not be reached: {error.reason}", permanent=False, trouble=Trouble.AWAY) from None
            raise Unclear(f"the connection to SendGrid broke: {error.reason}") from None
        except (TimeoutError, OSError, HTTPException) as error:
            raise Unclear(f"the connection to SendGrid broke: {error}") from None
        return Accepted(response.headers.get("X-Message-Id"))


def _letter(mail: Mail) -> SendGridMail:
    letter = SendGridMail(
        From(mail.from_address, mail.from_name), To(mail.to_address, mail.to_name), Subject(mail.subject), Content("text/plain", mail.text)
    )
    if mail.html:
        letter.add_content(Content("text/html", mail.html))
    letter.reply_to = ReplyTo(mail.reply_to)
    # SendGrid makes a Message-ID of its own only where there is none, and tells it in its events as `smtp-id`.
    letter.add_header(Header("Message-ID", mail.mail_id))
    if mail.answers:
        letter.add_header(Header("In-Reply-To", mail.answers))
        letter.add_header(Header("References", mail.answers))
    for name, value in mail.headers.items():
        letter.add_header(Header(name, value))
    # Opaque, because SendGrid keeps these for long and shows them to its staff.
    letter.add_custom_arg(CustomArg("message_id", mail.message_id))
    return letter


def _faults(error: Any) -> list[dict[str, Any]]:
    """What SendGrid found wrong, each with its `message` and the `field` of the request."""
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return [fault for fault in json.loads(error.body)["errors"] if isinstance(fault, dict) and "message" in fault]
    return []


def _is_bad(faults: list[dict[str, Any]]) -> bool:
    """Whether the reader's address is what was wrong, and not ours: `personalizations.0.to.0.email`, not `from.email`."""
    return any(str(fault.get("field")).startswith("personalizations") and "address" in str(fault["message"]).lower() for fault in faults)


def _retry_after(headers: Any) -> timedelta:
    """`Retry-After` in seconds, or SendGrid's own `X-RateLimit-Reset`, a Unix time; a minute when they say nothing."""
    with contextlib.suppress(TypeError, ValueError):
        return timedelta(seconds=max(1, int(headers.get("Retry-After"))))
    with contextlib.suppress(TypeError, ValueError):
        return timedelta(seconds=max(1, int(headers.get("X-RateLimit-Reset")) - int(time.time())))
    return timedelta(minutes=1)

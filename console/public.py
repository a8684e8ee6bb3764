"""What the pages behind a signed link share: whoever has the link may look, nobody keeps a copy, and a form is all they send."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from fastapi import Request

MOST_BYTES = 10_000


def headers(styles: str) -> Mapping[str, str]:
    """For a page with these styles in it: no script, nothing loaded, nothing told to other sites."""
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    return {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow",
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
    }


async def body(request: Request) -> str:
    """What a form sends; no more of it than a form can hold."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            return ""
        parts.append(part)
    return b"".join(parts).decode("latin-1")

"""Searches captured output for secrets in every encoding."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus


def leaked(captured: bytes | str, secrets: Iterable[str]) -> list[str]:
    """The secrets that the captured bytes contain, in any encoding."""
    raw = captured.encode() if isinstance(captured, str) else captured
    return [secret for secret in secrets if any(form in raw for form in set(forms(secret)))]


def forms(secret: str) -> Iterator[bytes]:
    """The secret plain, percent-encoded, escaped for JSON, XML and Python, in hex and base64."""
    plain = secret.encode()
    yield plain
    yield plain.hex().encode()
    for written in (
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        html.escape(secret),
        repr(secret)[1:-1],
    ):
        yield written.encode()
    for before in range(3):
        yield from _base64(plain, before)


def _base64(plain: bytes, before: int) -> Iterator[bytes]:
    """The constant part of its base64 form after `before` other bytes (modulo three)."""
    begin = -(-before * 8 // 6)
    end = (before + len(plain)) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(b"\0" * before + plain + b"\0" * 3)[begin:end]

"""The part of a call that the sandbox shows for debugging: request and reply, without the keys.

Pure: values in, a value out. A body that could not be read as a call is not shown at all, since its
keys cannot be located.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.gateway.sandbox.call import Call
from bot.gateway.sandbox.envelope import Reply

MASK: Final = "••••••"
MAX_SHOWN: Final = 20_000

_KEYS: Final = re.compile(
    r"(<(?:[\w.-]+:)?(?:Credencial|Token)\b[^<>]*>).*?(</(?:[\w.-]+:)?(?:Credencial|Token)\s*>)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call of the operation and its reply, as far as they may be shown.

    Attributes:
        seconds: from the request to the reply.
        status: the HTTP status; 0 if the reply is not HTTP (a fault of the connection).
        request: the envelope with its keys masked; empty if that failed.
        reply: the sent document, or the name of the played fault.
    """

    seconds: float
    status: int
    content_type: str
    soap_action: str | None
    request: str
    reply_type: str
    reply: str


Listener = Callable[[Exchange], None]


def exchange(
    call: Call,
    content: bytes,
    reply: Reply | str,
    *,
    content_type: str,
    soap_action: str | None,
    seconds: float,
) -> Exchange:
    """The part of a call that may be shown.

    Args:
        call: the parsed call.
        content: the request's body.
        reply: the reply, or the name of the fault below HTTP that was played.
        content_type: the request's header.
        soap_action: the request's header, None if absent.
        seconds: from the request to the reply.
    """
    status, reply_type, text = 0, "", f"fault: {reply}"
    if isinstance(reply, Reply):
        status, reply_type = reply.status, reply.content_type
        text = reply.content[:MAX_SHOWN].decode("utf-8", errors="replace")
    return Exchange(
        seconds=seconds,
        status=status,
        content_type=content_type,
        soap_action=soap_action,
        request=without_keys(call, content),
        reply_type=reply_type,
        reply=text,
    )


def without_keys(call: Call, content: bytes) -> str:
    """The envelope with masked keys; empty if a key would still be visible."""
    masked = _KEYS.sub(rf"\g<1>{MASK}\g<2>", content.decode("utf-8", errors="replace"))
    keys = filter(None, (call.credential, call.token))
    return "" if any(key in masked for key in keys) else masked[:MAX_SHOWN]

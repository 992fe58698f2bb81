"""`voicestatus health`: whether the bot of this machine is alive; the image checks itself with it.

Straight to the port: no proxy of the environment stands between a process and its own check.
"""

from __future__ import annotations

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final

from bot.settings.sources import single_setting

_SECONDS: Final = 4.0
# From all addresses of the machine to one of them.
_TO_ASK: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # nosec B104


def problem_of_the_bot() -> str:
    """Why the bot does not count as alive; empty if it does."""
    set_host = single_setting("BOT_HEALTH_HOST") or single_setting("BOT_HOST")
    port = single_setting("BOT_HEALTH_PORT") or single_setting("BOT_PORT") or "3000"
    host = set_host.strip("[]")
    host = _TO_ASK.get(host, host)
    try:
        connection = HTTPConnection(host, int(port), timeout=_SECONDS)
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, HTTPException, ValueError) as error:
        return f"The bot does not answer on {host}:{port} ({type(error).__name__})."
    return "" if status == HTTPStatus.OK else f"The bot on {host}:{port} answers HTTP {status}."

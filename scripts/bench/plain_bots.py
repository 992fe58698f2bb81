"""The bots to compare with, each a process: `python -m scripts.bench.plain_bots bare|plain`.

`bare` acknowledges and does nothing else: what Bolt costs. `plain` is the bot that one would write
in an afternoon: acknowledge, ask the gateway with a shared httpx client, `respond()`.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Final

import httpx
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

_RESULT: Final = re.compile(r"<MPG_Status_VoiceResult>(.*?)</MPG_Status_VoiceResult>")
_ENVELOPE: Final = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<MPG_Status_Voice xmlns="PWGatewayVoice"><Credencial>{credential}</Credencial>'
    "<Token>{token}</Token><IDMSG>{idmsg}</IDMSG></MPG_Status_Voice></soap:Body></soap:Envelope>"
)


async def _only_acknowledge(ack: Any) -> None:
    await ack()


def _answers(environment: dict[str, str]) -> Any:
    http = httpx.AsyncClient()

    async def on_command(ack: Any, respond: Any, command: dict[str, str]) -> None:
        await ack()
        envelope = _ENVELOPE.format(
            credential=environment["GATEWAY_CREDENTIAL"],
            token=environment["GATEWAY_TOKEN"],
            idmsg=command["text"],
        )
        reply = await http.post(
            environment["GATEWAY_URL"],
            content=envelope,
            headers={
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": '"PWGatewayVoice/MPG_Status_Voice"',
            },
        )
        found = _RESULT.search(reply.text)
        await respond(found[1] if found else "no answer")

    return on_command


def main() -> None:
    """Serve on BOT_PORT until the process is ended."""
    environment = dict(os.environ)
    app = AsyncApp(
        name="bench",
        client=AsyncWebClient(
            token=environment["SLACK_BOT_TOKEN"], base_url=environment["SLACK_API_URL"]
        ),
        signing_secret=environment["SLACK_SIGNING_SECRET"],
    )
    listener = _only_acknowledge if sys.argv[1] == "bare" else _answers(environment)
    app.command("/voicestatus")(listener)
    app.start(port=int(environment["BOT_PORT"]), path="/slack/events")


if __name__ == "__main__":
    main()

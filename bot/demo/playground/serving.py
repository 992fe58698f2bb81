"""`voicestatus demo`: serves the playground until stopped, and prints and opens its address."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import webbrowser
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Final

from bot.demo.playground.seed_data import ADMIN, fill, furnish
from bot.demo.playground.server import PlaygroundServer
from bot.demo.stage import Gateway, Stage, local_sandbox, running_stage
from bot.domain.texts.catalog import Language
from bot.domain.timing import Timing
from bot.locales import load_catalog
from bot.logs import configure_logging
from bot.web.server import CannotListenError, serving

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 8090
_EXIT_FAILED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Playground:
    """A running playground; `stage` is the demo that it shows."""

    url: str
    stage: Stage


@asynccontextmanager
async def running_playground(
    language: Language,
    port: int | None,
    *,
    opened_in: Language | None = None,
    usual_port: int = USUAL_PORT,
    timing: Timing = Timing(),
    gateway: Gateway = local_sandbox,
) -> AsyncIterator[Playground]:
    """Start everything and serve the page while the block runs.

    Args:
        language: the bot's default.
        port: where to listen; None for `usual_port`, or a free port if that is taken.
        opened_in: the language of the agent that the page opens as; None for the browser's.
        usual_port: the default port.
        timing: the bot's waits.
        gateway: serves the gateway.

    Raises:
        CannotListenError: the requested port is taken.
    """
    async with AsyncExitStack() as stack:
        running = running_stage(
            language, furnish=furnish, admins=[ADMIN], timing=timing, gateway=gateway
        )
        stage = await stack.enter_async_context(running)
        await fill(stage.person, {one: load_catalog(one) for one in Language})
        app = PlaygroundServer(stage, opened_in).application
        try:
            wanted = usual_port if port is None else port
            got = await stack.enter_async_context(serving(app(), host=HOST, port=wanted))
        except CannotListenError:
            if port is not None:
                raise
            got = await stack.enter_async_context(serving(app(), host=HOST, port=0))
        yield Playground(url=f"http://{HOST}:{got}/", stage=stage)


async def play(language: Language, port: int | None, opened_in: Language | None) -> int:
    """Serve until SIGTERM or Ctrl-C; 1 if the requested port is taken. See `running_playground`."""
    configure_logging(level="ERROR", json=False)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        async with running_playground(language, port, opened_in=opened_in) as playground:
            print(_welcome(playground.url, language), flush=True)
            if has_a_browser(os.environ) and sys.stdout.isatty():
                # webbrowser.open blocks until some browsers exit, hence the daemon thread.
                Thread(target=webbrowser.open, args=(playground.url,), daemon=True).start()
            await stopped.wait()
    except CannotListenError as error:
        print(f"Cannot listen on {HOST}:{port} ({error.reason}). Try --port 0.", file=sys.stderr)
        return _EXIT_FAILED
    return 0


def has_a_browser(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether there is a display on which a browser could open."""
    if platform in {"darwin", "win32"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def _welcome(url: str, language: Language) -> str:
    return load_catalog(language).say("playground.welcome_terminal", url=url)

"""`voicestatus run`: from the settings to a running bot, and its graceful shutdown."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Final

import structlog

from bot import __version__
from bot.commands.exit_codes import FAILED, OK, USAGE
from bot.composition.bootstrap import RunningBot, running_bot
from bot.composition.configured import gateway_host
from bot.composition.jobs import absent_database
from bot.domain.texts.printable import printable
from bot.domain.timing import Timing
from bot.locales import remedy_for_slack
from bot.logs import configure_logging, log_what_escapes
from bot.settings.names import forms
from bot.settings.settings import Mode, Settings
from bot.settings.sources import read_sources, remarks
from bot.slack.api.calls import SlackError, TokenRefusedError
from bot.storage.errors import StorageError
from bot.web.server import CannotListenError

_log = structlog.get_logger(__name__)
# Of <linux/prctl.h>.
_PR_SET_DUMPABLE: Final = 4


async def run_until_stopped(settings: Settings, *, stopping: Callable[[], object] = bool) -> int:
    """Serve until SIGTERM or SIGINT, then finish the work in progress.

    Args:
        settings: all settings.
        stopping: called when the signal arrives.

    Returns:
        the exit code: 0 after a signal, 1 if Slack or the address is unreachable, 2 if Slack
        refuses a token.
    """
    _log_as_set(settings)
    # A start makes next to no garbage.
    gc.disable()
    stop = _StopSignal()
    try:
        async with AsyncExitStack() as stack:
            with stop.ends_the_start():
                bot = await stack.enter_async_context(running_bot(settings))
            print(printable(_first_line(bot, settings)), flush=True)  # noqa: T201 - the one line of standard output
            # What the start has made stays; the collector need not look at it again.
            gc.freeze()
            # At the default of 700, collections take a twenty-fifth of each look-up.
            gc.set_threshold(20_000)
            gc.enable()
            await stop.arrived.wait()
            _log.info("stopping")
            stopping()
    except _StoppedEarlyError:
        _log.info("stopped before the start was done")
        return OK
    except (StorageError, SlackError, CannotListenError) as error:
        # An operator reads this, whatever the log format.
        print(printable(_explained(error, settings)), file=sys.stderr)  # noqa: T201
        return USAGE if isinstance(error, TokenRefusedError) else FAILED
    _log.info("stopped")
    return OK


def _log_as_set(settings: Settings) -> None:
    json = settings.bot_log_format == "json"
    if settings.bot_log_format is None:
        json = not sys.stderr.isatty()
    configure_logging(level=settings.bot_log_level, json=json)
    log_what_escapes()
    for remark in remarks(read_sources()):
        text = f"{remark.setting} {remark.detail}. {remark.remedy}"
        _log.warning(text, setting=remark.setting)
    with suppress(StorageError):
        if file := absent_database(settings):
            _log.info(f"there is no database yet, so {file} is made")


def keep_memory_private() -> None:
    """Keep the keys in this process: out of core dumps, and from other processes of its user."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Linux only.
    with suppress(AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, *map(ctypes.c_ulong, (0, 0, 0, 0)))


def end_at_last(seconds: float = Timing().last_resort) -> None:
    """End the process after this many seconds, whatever still hangs by then."""

    def end() -> None:
        _log.error("the end took too long, and is cut off")
        os._exit(FAILED)

    last_resort = threading.Timer(seconds, end)
    last_resort.daemon = True
    last_resort.start()


class _StoppedEarlyError(Exception):
    """The process was stopped before it had started any work."""


class _StopSignal:
    """SIGTERM or SIGINT: sets `arrived` while the bot runs, interrupts it while it starts."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self._starting: asyncio.Task[object] | None = None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._arrive)

    @contextmanager
    def ends_the_start(self) -> Iterator[None]:
        """Cancel the work in the block when the signal arrives.

        Raises:
            _StoppedEarlyError: the signal arrived.
        """
        task = self._starting = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            if task is None or not self.arrived.is_set():
                raise
            task.uncancel()
            raise _StoppedEarlyError from None
        finally:
            self._starting = None

    def _arrive(self) -> None:
        self.arrived.set()
        # Once: a second signal must not interrupt the shutdown.
        starting, self._starting = self._starting, None
        if starting is not None:
            starting.cancel()


def _first_line(bot: RunningBot, settings: Settings) -> str:
    mode = "Socket Mode" if bot.mode is Mode.SOCKET else "HTTP mode"
    workspace = bot.workspace
    health = f"health on port {bot.health_port}, " if bot.health_port != bot.port else ""
    return (
        f"voicestatus {__version__}: connected as {workspace.bot_user} in {workspace.team} "
        f"({workspace.team_id}), {mode}, gateway {gateway_host(settings)}, {health}port {bot.port}"
    )


def _explained(error: StorageError | SlackError | CannotListenError, settings: Settings) -> str:
    """Why the bot cannot start or go on, and what the operator can do."""
    if isinstance(error, StorageError):
        return error.detail
    if isinstance(error, CannotListenError):
        host, port = error.address
        kind = "BOT_HEALTH" if error.address == settings.health_address else "BOT"
        return (
            f"Cannot listen on {host}:{port} ({error.reason}). "
            f"Change {kind}_HOST or {kind}_PORT, or stop whatever is using it."
        )
    if not isinstance(error, TokenRefusedError):
        what = "Slack cannot be reached, or gave an answer that cannot be read"
        return f"{what} ({error.reason}). {remedy_for_slack(error.reason)}"
    if settings.mode is Mode.HTTP:
        form = forms()["SLACK_BOT_TOKEN"]
        return f"Slack refuses SLACK_BOT_TOKEN ({error.reason}). It should be {form}."
    return (
        f"Slack refuses SLACK_BOT_TOKEN or SLACK_APP_TOKEN ({error.reason}); "
        "`voicestatus doctor` tries them one by one."
    )

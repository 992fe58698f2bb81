"""`voicestatus` inside this process or as a separate one, with only the settings of a test."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any
from unittest.mock import patch

import pytest
import structlog

import bot
from bot.commands.app import main

CREDENTIAL = "C4NARY" + "0" * 34
TOKEN = "T0KEN1"
PATIENCE_SECONDS = 60.0

# The variables that a process needs to start, to find this checkout, and for coverage.
_PASSED_ON = (
    "PATH",
    "SYSTEMROOT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its standard output, parsed as one JSON object per line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def shown(self) -> str:
        """Its standard output as one line, without the frames of cards."""
        return unframed(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicestatus:
    """Runs commands in a directory with settings."""

    directory: Path
    settings: dict[str, str] = field(default_factory=dict)

    def having(self, **settings: str) -> Voicestatus:
        """A copy with further settings."""
        return Voicestatus(directory=self.directory, settings={**self.settings, **settings})

    @property
    def environment(self) -> dict[str, str]:
        """The complete environment of a command."""
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        checkout = str(Path(bot.__file__).parents[1])
        return {"LANG": "C.UTF-8", **passed_on, "PYTHONPATH": checkout, **self.settings}

    def run(self, *arguments: str, given: bytes = b"") -> Ended:
        """Run a command inside this process with this standard input.

        It runs its own event loop, so servers that it talks to must run in another thread.
        """
        streams = {"stdin": io.BytesIO(given), "stdout": io.BytesIO(), "stderr": io.BytesIO()}
        texts: dict[str, Any] = {
            name: io.TextIOWrapper(stream, "utf-8", write_through=True)
            for name, stream in streams.items()
        }
        with (
            chdir(self.directory),
            patch.dict(os.environ, self.environment, clear=True),
            patch.multiple(sys, argv=["voicestatus", *arguments], **texts),
            as_in_a_new_process(),
            pytest.raises(SystemExit) as end,
        ):
            main()
        assert isinstance(end.value.code, int)
        out, err = (streams[name].getvalue().decode() for name in ("stdout", "stderr"))
        return Ended(code=end.value.code, out=out, err=err)

    @contextmanager
    def started(
        self, *arguments: str, out: int = PIPE, take: int = DEVNULL, err: int = PIPE
    ) -> Iterator[Popen[bytes]]:
        """Start the command as a process, which is killed at the end of the block."""
        with self._start("-m", "bot", *arguments, out=out, take=take, err=err) as process:
            guard = threading.Timer(PATIENCE_SECONDS, process.kill)
            guard.start()
            try:
                yield process
            finally:
                guard.cancel()
                process.kill()

    def run_process(self, *arguments: str, given: bytes | None = None) -> Ended:
        """Run the command as a process with this standard input."""
        take = DEVNULL if given is None else PIPE
        with self.started(*arguments, take=take) as process:
            return ended(process, given)

    def run_python(self, program: str) -> Ended:
        """Run a short Python program as a process with the same environment."""
        with self._start("-c", program) as process:
            return ended(process)

    def _start(
        self, *arguments: str, out: int = PIPE, take: int = DEVNULL, err: int = PIPE
    ) -> Popen[bytes]:
        # A shell starts background jobs with SIGINT ignored, and children inherit that unless the
        # parent has a handler.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return Popen(
                [sys.executable, *arguments],
                bufsize=0,
                stdin=take,
                stdout=out,
                stderr=err,
                cwd=self.directory,
                env=self.environment,
            )
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def as_in_a_new_process() -> Iterator[None]:
    """Reset logging and exception hooks, and restore them afterwards."""
    root = logging.getLogger()
    levels = [(logger, logger.level) for logger in (root, logging.getLogger("bot"))]
    with (
        patch.object(root, "handlers", []),
        patch.multiple(sys, excepthook=sys.excepthook, unraisablehook=sys.unraisablehook),
        patch.object(threading, "excepthook", threading.excepthook),
        patch.object(warnings, "showwarning", warnings.showwarning),
    ):
        try:
            yield
        finally:
            for logger, level in levels:
                logger.setLevel(level)
            structlog.reset_defaults()


def unframed(text: str) -> str:
    """A text as one line, without the frames of cards."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


def address_of(process: Popen[bytes]) -> str:
    """The address in the first line that a process prints."""
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    found = re.search(r"http://\S+", line)
    assert found, line
    return found[0]


def ended(process: Popen[bytes], given: bytes | None = None) -> Ended:
    """Wait until a process ends; returns its result."""
    out, err = process.communicate(given)
    return Ended(code=process.returncode, out=(out or b"").decode(), err=(err or b"").decode())


def gateway_settings(url: str) -> dict[str, str]:
    """The settings for look-ups at the gateway with this URL."""
    return {"GATEWAY_URL": url, "GATEWAY_CREDENTIAL": CREDENTIAL, "GATEWAY_TOKEN": TOKEN}

"""`voicestatus` inside this process, and as one of its own, with what a test sets and no more."""

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

# What a process needs of ours to start at all, to find this checkout, and to be measured.
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
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def shown(self) -> str:
        """Its standard output as one line, without the frames of cards."""
        return unframed(self.out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicestatus:
    """Runs commands in a directory, with settings."""

    directory: Path
    settings: dict[str, str] = field(default_factory=dict)

    def having(self, **settings: str) -> Voicestatus:
        """The same with further settings."""
        return Voicestatus(directory=self.directory, settings={**self.settings, **settings})

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command."""
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        checkout = str(Path(bot.__file__).parents[1])
        return {"LANG": "C.UTF-8", **passed_on, "PYTHONPATH": checkout, **self.settings}

    def run(self, *arguments: str, given: bytes = b"") -> Ended:
        """Run a command inside this process, with this on its standard input.

        It has an event loop of its own, so whom it talks to must live in another thread.
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
        """A process of the command, which is killed if it does not end: nobody waits for ever."""
        with self._start("-m", "bot", *arguments, out=out, take=take, err=err) as process:
            guard = threading.Timer(PATIENCE_SECONDS, process.kill)
            guard.start()
            try:
                yield process
            finally:
                guard.cancel()
                process.kill()

    def run_process(self, *arguments: str, given: bytes | None = None) -> Ended:
        """Run the command in a process, with this on its standard input."""
        take = DEVNULL if given is None else PIPE
        with self.started(*arguments, take=take) as process:
            return ended(process, given)

    def run_python(self, program: str) -> Ended:
        """Run a program of a few lines in a process with the same environment."""
        with self._start("-c", program) as process:
            return ended(process)

    def _start(
        self, *arguments: str, out: int = PIPE, take: int = DEVNULL, err: int = PIPE
    ) -> Popen[bytes]:
        # A shell that puts a run of the tests into the background has SIGINT ignored, by all its
        # children too, unless somebody handles it.
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
    """Nobody has configured logging or put up a hook; afterwards all is as it was before."""
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
    """A text as one line, without what cards are framed with."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", text).split())


def address_of(process: Popen[bytes]) -> str:
    """The address in the first line that a process prints."""
    assert process.stdout is not None
    line = process.stdout.readline().decode()
    found = re.search(r"http://\S+", line)
    assert found, line
    return found[0]


def ended(process: Popen[bytes], given: bytes | None = None) -> Ended:
    """What a process has said when it has ended."""
    out, err = process.communicate(given)
    return Ended(code=process.returncode, out=(out or b"").decode(), err=(err or b"").decode())


def gateway_settings(url: str) -> dict[str, str]:
    """The settings with which a look-up asks the gateway at this address."""
    return {"GATEWAY_URL": url, "GATEWAY_CREDENTIAL": CREDENTIAL, "GATEWAY_TOKEN": TOKEN}

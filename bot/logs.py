"""The log of the process: one filter for its own records and those of libraries.

Log lines carry only the keys named here. Records of other libraries are reduced to their origin,
since their texts may contain request bodies and addresses that are secrets.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Hashable, MutableMapping
from contextlib import suppress
from functools import partial
from pathlib import PurePath
from typing import Any, Final, TextIO

import stamina
import structlog
from structlog.typing import EventDict, Processor

from bot.domain.repetition import Repetitions
from bot.domain.timing import Timing

OWN_LOGGERS: Final = "bot"
_MAX_VALUE: Final = 200
# Sentences of our own, with a remedy: the texts of libraries are withheld.
_MAX_SENTENCE: Final = 1_000
_SENTENCES: Final = frozenset({"event", "detail"})

# The only keys that reach a log line; a new one is a decision, not an accident.
# fmt: off
ALLOWED_KEYS: Final = frozenset(
    {
        "event", "level", "timestamp", "logger", "mode", "workspace", "bot",
        "gateway", "version", "host", "port", "reference", "idmsg_hash", "outcome",
        "error", "seconds", "cached", "channel", "user", "surface", "reason",
        "status", "count", "where", "exception", "frames", "signal", "method",
        "sandbox", "setting", "repeated", "detail", "at", "team", "action",
    }
)
# fmt: on


def _later(seconds: float, do: Callable[[], None]) -> None:
    """Call a function after a delay, from another thread that does not delay the exit."""
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    # If no thread can be started, the next record or the end of the process triggers it.
    with suppress(RuntimeError):
        timer.start()


class CountingHandler(logging.StreamHandler[TextIO]):
    """Writes records; of many equal ones within a second, the first few and the number of others.

    Args:
        seconds: how long equal records are counted, once the first has come.
        clock: seconds of a clock that only goes forward.
        later: calls a function after that many seconds.
    """

    def __init__(
        self,
        *,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] = _later,
    ) -> None:
        super().__init__(sys.stderr)
        self._repetitions: Repetitions[logging.LogRecord] = Repetitions(seconds=seconds)
        self._seconds, self._clock, self._later = seconds, clock, later
        self._is_due = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, or count it."""
        now = self._clock()
        if self._repetitions.is_over(now):
            self._write_counts()
        if self._repetitions.is_said(_kind(record), record, now):
            super().emit(record)
        elif not self._is_due:
            self._is_due = True
            self._later(self._seconds, self._over)

    def close(self) -> None:
        """Write the remaining records; `logging` calls it when the process ends."""
        self._over()
        super().close()

    def _over(self) -> None:
        self.acquire()
        try:
            self._is_due = False
            self._write_counts()
        finally:
            self.release()

    def _write_counts(self) -> None:
        for record, count in self._repetitions.taken():
            record.__dict__["repeated"] = count
            super().emit(record)


def _kind(record: logging.LogRecord) -> Hashable:
    """What makes two records equal: all their written fields but the time and the frames."""
    fields = record.msg if isinstance(record.msg, dict) else {}
    written = _allowed_keys_only(None, "", fields)
    texts = tuple(sorted((key, str(text)) for key, text in written.items() if key != "timestamp"))
    error = _error_of(fields.get("exc_info") or record.exc_info)
    types = tuple(type(one) for one in _chain(error))
    return record.name, record.levelno, record.pathname, record.lineno, texts, types


def configure_logging(*, level: str, json: bool, timing: Timing = Timing()) -> None:
    """Send all records of the process, our own and those of libraries, through one filter."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = CountingHandler(seconds=timing.repetition)
    handler.addFilter(_is_not_of_a_spare_token)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_only_the_place, *shared],
            processors=[
                _say_how_often,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _describe_exception,
                _allowed_keys_only,
                renderer,
            ],
        )
    )
    # stamina would log each retry on its own.
    stamina.instrumentation.set_on_retry_hooks([])
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelNamesMapping()[level]))
    logging.getLogger(OWN_LOGGERS).setLevel(level)


def log_what_escapes() -> None:
    """Stop Python from printing on its own: warnings and uncaught errors are logged instead.

    The log has their type and place, but not their texts, which may contain secrets. For a whole
    process.
    """
    log = structlog.get_logger("bot.logs")

    def warned(*details: Any, **_: Any) -> None:
        _message, kind, file, line, *_rest = details
        log.warning(
            "Python warns", exception=kind.__qualname__, where=f"{PurePath(file).name}:{line}"
        )

    def ended(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        log.critical("ended by an error", exc_info=(kind, error, trace))

    def failed(where: str, happened: Any) -> None:
        log.error(where, exc_info=happened.exc_value)

    warnings.showwarning, sys.excepthook = warned, ended
    threading.excepthook = partial(failed, "a thread ended by an error")
    sys.unraisablehook = partial(failed, "an error that could not be raised")


def _is_not_of_a_spare_token(record: logging.LogRecord) -> bool:
    """While it is built, Bolt warns of the bot token that it finds in the environment.

    It has no option to skip that place, and it gives its loggers the root's level, so that no
    logger level suppresses the warning.
    """
    place = (record.name, record.funcName)
    return place != ("slack_bolt.AsyncApp", "__init__") or record.levelno > logging.WARNING


def _only_the_place(_: Any, __: str, event: EventDict) -> EventDict:
    """A library's record without its text, which may contain bodies, ids and secret addresses."""
    record: logging.LogRecord = event["_record"]
    if record.name.partition(".")[0] != OWN_LOGGERS:
        event["event"] = "message of a library; its text is withheld"
        event["where"] = f"{record.module}.{record.funcName}:{record.lineno}"
    return event


def _describe_exception(_: Any, __: str, event: EventDict) -> EventDict:
    """Log an exception's type and frames; its message may contain secrets."""
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = " from ".join(type(e).__qualname__ for e in _chain(error))
        frames = traceback.extract_tb(error.__traceback__)
        event["frames"] = [f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in frames]
    return event


def _say_how_often(_: Any, __: str, event: EventDict) -> EventDict:
    """How many records this one represents."""
    repeated = getattr(event["_record"], "repeated", 0)
    if repeated:
        event["event"] = f"{event['event']} … repeated {repeated} times"
        event["repeated"] = repeated
    return event


def _error_of(info: Any) -> BaseException | None:
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple):
        info = info[1]
    return info if isinstance(info, BaseException) else None


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    current = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _allowed_keys_only(_: Any, __: str, event: EventDict) -> MutableMapping[str, Any]:
    return {
        key: value[: _MAX_SENTENCE if key in _SENTENCES else _MAX_VALUE]
        if isinstance(value, str)
        else value
        for key, value in event.items()
        if key in ALLOWED_KEYS
    }

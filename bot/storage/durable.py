"""The one module that knows the durable engine, DBOS: alarms that outlive the process.

A wait is a delayed row in the engine's tables, never a sleeping workflow: 100,000 of those cost
nothing in memory. An alarm that rings is a workflow of one plain call, which the engine makes again
if the process dies. What the call may do twice is its own affair: the truth is in our tables.

The engine lives in a thread and a loop of its own, because it blocks while it starts and would make
its own pool of threads the default one of the loop that it is started in. It is imported there,
too, so that a bot which is starting answers before its engine is up.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import structlog

from bot.domain.timing import Timing
from bot.storage.alarms import Alarm, Alarms, AtOnce, FleetingAlarms, OnDue, Ringing, Work
from bot.storage.database_url import file_of, read_database_url
from bot.storage.errors import StorageError, translated
from bot.storage.own_threads import in_own_thread
from bot.storage.sqlite_engines import close, durable_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dbos import DBOSClient, EnqueueOptions
    from sqlalchemy import URL, Engine

# Delayed alarms of another version would wait for it for ever. Raise it only when an old process
# must not take up what a new one has set.
_VERSION: Final = "1"
_NAME: Final = "voicestatus"
_THREADS: Final = 16
_CONNECTIONS: Final = 2
# Of the engine and its client together, see `durable_engine`.
_ON_A_FILE: Final = 20
_BATCH: Final = 500
_RUNG: Final = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})

_T = TypeVar("_T")
_log = structlog.get_logger(__name__)


class DurableAlarms:
    """Alarms in the tables of DBOS, in the same database as our own. One at a time a process.

    Args:
        url: the setting DATABASE_URL; not one in memory.
        executor: this process' name among its peers, another one at every start.
        concurrency: how many may be ringing at once in this process.
        now: the present moment, aware.
        timing: how long it waits for what.
    """

    def __init__(
        self,
        *,
        url: str,
        executor: str,
        concurrency: AtOnce,
        now: Callable[[], datetime],
        timing: Timing = Timing(),
    ) -> None:
        address = read_database_url(url)
        self._url = _engine_url(address)
        self._file = file_of(address)
        self._executor = executor
        self._concurrency = concurrency
        self._now = now
        self._timing = timing
        self._client: DBOSClient | None = None
        self._connections: Engine | None = None
        self._kept: dict[str, Alarm] = {}
        self._ringing: set[asyncio.Task[None]] = set()
        self._begun = False
        self._ending = False
        # The engine cannot be ended while it is being started.
        self._change = threading.Lock()

    def __repr__(self) -> str:
        return f"<DurableAlarms of {self._executor}>"

    @asynccontextmanager
    async def running(self, ringing: Ringing) -> AsyncIterator[None]:
        """Start in the background, and ring while the block runs.

        What is set before the engine is up is kept, and set when it is.
        """
        starting = asyncio.create_task(self._start(ringing))
        try:
            yield
        finally:
            self._ending = True
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
            if self._ringing:
                await asyncio.wait(self._ringing, timeout=self._timing.engine_end)
            if self._begun:
                await self._stop_in_time()

    async def arm(self, alarms: Collection[Alarm]) -> tuple[Alarm, ...]:
        """Set these, or keep them until the engine is up."""
        if self._client is None:
            self._kept.update((alarm.name, alarm) for alarm in alarms)
            return ()
        return await self._ask(lambda client: self._enqueue(client, alarms))

    async def wake(self, alarm: Alarm) -> None:
        """Let it ring now."""
        await self._ask(lambda client: client.set_workflow_delay(alarm.name, delay_seconds=0))

    async def take_over(self, executors: Sequence[str]) -> int:
        """Let ring again what was ringing in processes that have died."""
        return await self._ask(lambda client: _resume(client, [*executors]))

    async def sweep(self, older_than: datetime) -> int:
        """Forget alarms that rang before that moment."""
        before, total = older_than.isoformat(), 0
        while deleted := await self._ask(lambda client: _delete(client, before)):
            total += deleted
        return total

    async def _start(self, ringing: Ringing) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._timing.engine_head_start)
        self._begun = True
        while self._client is None:
            try:
                self._client = await in_own_thread(lambda: self._launch(ringing, loop))
            except StorageError as error:
                _log.warning("the engine cannot start yet", error=error.code)
                await asyncio.sleep(self._timing.engine_retry)
        while self._kept:
            batch = tuple(self._kept.values())
            with suppress(StorageError):
                await self.arm(batch)
                for alarm in batch:
                    self._kept.pop(alarm.name, None)
                continue
            await asyncio.sleep(self._timing.engine_retry)
        _log.info("the engine is up")

    async def _stop_in_time(self) -> None:
        with suppress(TimeoutError, StorageError):
            async with asyncio.timeout(self._timing.engine_end):
                await in_own_thread(self._stop)

    def _launch(self, ringing: Ringing, loop: asyncio.AbstractEventLoop) -> DBOSClient:
        from dbos import (  # noqa: PLC0415 - importing it takes more than a second
            DBOS,
            DBOSClient,
            WorkflowSerializationFormat,
        )

        with self._change, _failures():
            self._destroy()
            _leave_its_records_to_us()
            if self._file is not None:
                self._connections = durable_engine(
                    self._file, connections=_ON_A_FILE, timing=self._timing
                )
            DBOS(config=self._config())  # type: ignore[arg-type]
            for work, on_due in ringing.items():
                DBOS.workflow(
                    name=work.value,
                    max_recovery_attempts=None,
                    serialization_type=WorkflowSerializationFormat.PORTABLE,
                )(self._workflow(on_due, loop))
            # What this process cannot do is left to its peers.
            DBOS.listen_queues([work.value for work in ringing])
            DBOS.launch()
            for work in ringing:
                DBOS.register_queue(
                    work.value,
                    worker_concurrency=self._concurrency[work],
                    polling_interval_sec=self._timing.engine_poll,
                    on_conflict="always_update",
                )
            return DBOSClient(
                system_database_url=self._url,
                system_database_engine=self._connections,
                system_database_pool_size=_CONNECTIONS,
                application_name=_NAME,
                retry_connection_errors=False,
            )

    def _workflow(self, on_due: OnDue, loop: asyncio.AbstractEventLoop) -> OnDue:
        async def ring(job_id: str, turn: int) -> None:
            called = asyncio.run_coroutine_threadsafe(self._ring(on_due, job_id, turn), loop)
            await asyncio.wrap_future(called)

        return ring

    def _config(self) -> dict[str, Any]:
        return {
            "name": _NAME,
            "system_database_url": self._url,
            "system_database_engine": self._connections,
            "application_version": _VERSION,
            "executor_id": self._executor,
            "max_executor_threads": _THREADS,
            "log_level": "WARNING",
            "use_listen_notify": False,
        }

    def _stop(self) -> None:
        with self._change, _failures():
            client, self._client = self._client, None
            if client is not None:
                client.destroy()
            self._destroy()

    def _destroy(self) -> None:
        from dbos import DBOS  # noqa: PLC0415 - imported by now

        DBOS.destroy(destroy_registry=True)
        connections, self._connections = self._connections, None
        if connections is not None:
            close(connections)

    async def _ring(self, on_due: OnDue, job_id: str, turn: int) -> None:
        if self._ending:
            # It stays under way in the engine's eyes, for the process that takes over.
            await asyncio.Event().wait()
        task = asyncio.create_task(on_due(job_id, turn))
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)
        await task

    def _enqueue(self, client: DBOSClient, alarms: Collection[Alarm]) -> tuple[Alarm, ...]:
        names = [alarm.name for alarm in alarms]
        there = {
            one.workflow_id: one.status
            for one in client.list_workflows(
                workflow_ids=names, load_input=False, load_output=False
            )
        }
        now = self._now()
        for alarm in alarms:
            if alarm.name not in there:
                delay = max((alarm.due_at - now).total_seconds(), 0.0)
                client.enqueue(_options(alarm, delay), alarm.job_id, alarm.turn)
        return tuple(alarm for alarm in alarms if there.get(alarm.name) in _RUNG)

    async def _ask(self, question: Callable[[DBOSClient], _T]) -> _T:
        client = self._client
        if client is None:
            raise StorageError("The engine is not up yet.")

        def ask() -> _T:
            with _failures():
                return question(client)

        with translated():
            async with asyncio.timeout(self._timing.engine_call):
                return await in_own_thread(ask)


def alarms_for(
    url: str,
    *,
    executor: str,
    concurrency: AtOnce,
    now: Callable[[], datetime],
    timing: Timing = Timing(),
) -> Alarms:
    """The alarms of a database: they last as long as it does.

    Raises:
        StorageError: the address is none that we serve.
    """
    address = read_database_url(url)
    if address.drivername == "sqlite" and file_of(address) is None:
        return FleetingAlarms(concurrency=concurrency, now=now)
    return DurableAlarms(
        url=url, executor=executor, concurrency=concurrency, now=now, timing=timing
    )


def _options(alarm: Alarm, delay_seconds: float) -> EnqueueOptions:
    from dbos import WorkflowSerializationFormat  # noqa: PLC0415 - imported by now

    return {
        "workflow_name": alarm.work.value,
        "queue_name": alarm.work.value,
        "workflow_id": alarm.name,
        "app_version": _VERSION,
        "delay_seconds": delay_seconds,
        "serialization_type": WorkflowSerializationFormat.PORTABLE,
    }


def _resume(client: DBOSClient, executors: list[str]) -> int:
    lost = client.list_workflows(
        status="PENDING", executor_id=executors, load_input=False, load_output=False
    )
    for work in Work:
        names = [one.workflow_id for one in lost if one.name == work.value]
        for start in range(0, len(names), _BATCH):
            client.resume_workflows(names[start : start + _BATCH], queue_name=work.value)
    return len(lost)


def _delete(client: DBOSClient, before: str) -> int:
    old = client.list_workflows(
        status=[*_RUNG],
        completed_before=before,
        limit=_BATCH,
        load_input=False,
        load_output=False,
    )
    if old:
        client.delete_workflows([one.workflow_id for one in old])
    return len(old)


def _engine_url(address: URL) -> str:
    if address.drivername == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    return address.render_as_string(hide_password=False)


def _leave_its_records_to_us() -> None:
    """It would write to standard error by itself, texts that may hold addresses included."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


@contextmanager
def _failures() -> Iterator[None]:
    """The engine's own errors as ours; their texts are withheld.

    Raises:
        StorageError: anything went wrong in the engine or its database.
    """
    from dbos import error as of_engine  # noqa: PLC0415 - imported by now

    try:
        with translated():
            yield
    except of_engine.DBOSException as error:
        raise StorageError("The engine failed.", type(error).__name__) from None

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from voicestatus_process import CREDENTIAL, TOKEN, Ended, Voicestatus, gateway_settings

from bot.domain.gate import LONGEST_PAUSE_SECONDS, Ceilings
from bot.gateway.sandbox import SeenRequest, running_sandbox
from bot.storage.database import open_database
from bot.storage.gate import SharedGate
from bot.storage.schema import GATE

pytestmark = pytest.mark.slow

KEYS = [
    "idmsg",
    "outcome",
    "final",
    "sip_code",
    "duration_seconds",
    "gateway_code",
    "error",
    "headline",
    "meaning",
    "advice",
    "who_acts",
    "retry",
    "raw",
]

# Id, then outcome, final, sip_code, duration_seconds, gateway_code, error, raw.
ROWS: dict[str, tuple[Any, ...]] = {
    "SANDBOX-OK": ("answered", True, None, 85.0, None, None, "ok:85.00"),
    "SANDBOX-SHORT": ("answered", True, None, 3.0, None, None, "ok:3.00"),
    "SANDBOX-BUSY": ("failed", True, 486, None, None, None, "failed:486"),
    "SANDBOX-NOANSWER": ("failed", True, 480, None, None, None, "failed:480"),
    "SANDBOX-NOTFOUND": ("failed", True, 404, None, None, None, "failed:404"),
    "SANDBOX-DECLINED": ("failed", True, 603, None, None, None, "failed:603"),
    "SANDBOX-ERROR": ("error", True, 503, None, None, None, "error:503"),
    "SANDBOX-BLOCKED": ("blocked", True, 608, None, None, None, "blocked:608"),
    "SANDBOX-MACHINE": ("machine", True, 200, None, None, None, "machine:200"),
    "SANDBOX-PENDING": ("pending", False, None, None, "024", None, "024"),
    "SANDBOX-FOREVER": ("pending", False, None, None, "024", None, "024"),
    "SANDBOX-001": ("gateway_error", False, None, None, "001", None, "001"),
    "SANDBOX-900": ("gateway_error", False, None, None, "900", None, "900"),
    # Three digits that the specification does not list.
    "SANDBOX-002": ("gateway_error", False, None, None, "002", None, "002"),
    "NO-SUCH-ID": ("gateway_error", False, None, None, "023", None, "023"),
    "sandbox-failed.486": ("failed", True, 486, None, None, None, "failed:486"),
    # A word that nobody knows is never a success.
    "SANDBOX-maybe.85": ("unrecognised", False, None, None, None, None, "maybe:85"),
    "SANDBOX-EMPTY": ("lookup_failed", False, None, None, None, "empty_result", None),
    "SANDBOX-FAULT-html": ("lookup_failed", False, None, None, None, "not_soap", None),
    "SANDBOX-FAULT-server": ("lookup_failed", False, None, None, None, "fault_server", None),
}
WHO_ACTS = {"agent", "sender", "bot_admin", "gateway", "carrier", "callee", "nobody"}


@pytest.fixture
def seen() -> list[SeenRequest]:
    """What the sandbox was asked."""
    return []


@pytest.fixture
async def voicestatus(tmp_path: Path, seen: list[SeenRequest]) -> AsyncIterator[Voicestatus]:
    """The command line with settings for a running sandbox."""
    async with running_sandbox(port=0, requests=seen) as url:
        settings = {**gateway_settings(url), "GATEWAY_REQUESTS_PER_SECOND": "1000"}
        yield Voicestatus(directory=tmp_path, settings=settings)


@pytest.fixture(scope="module")
def asked_together(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One look-up of all ids of the table."""

    async def ask() -> Ended:
        async with running_sandbox(port=0) as url:
            settings = {**gateway_settings(url), "GATEWAY_REQUESTS_PER_SECOND": "1000"}
            directory = tmp_path_factory.mktemp("lookup")
            voicestatus = Voicestatus(directory=directory, settings=settings)
            return await voicestatus.run("lookup", *ROWS, "--json")

    return asyncio.run(ask())


@pytest.mark.parametrize("idmsg", ROWS)
def test_record_says_what_the_gateway_answered(asked_together: Ended, idmsg: str) -> None:
    """Each scripted id has its record, with null where a key does not apply."""
    record = next(r for r in asked_together.records if r["idmsg"] == idmsg)
    shown = ["outcome", "final", "sip_code", "duration_seconds", "gateway_code", "error", "raw"]
    assert ROWS[idmsg] == tuple(record[key] for key in shown)


def test_every_key_is_in_every_record(asked_together: Ended) -> None:
    """A record has all keys of the interface, and no others, whatever its outcome."""
    assert [sorted(KEYS)] * len(ROWS) == [sorted(record) for record in asked_together.records]


@pytest.mark.parametrize(
    ("key", "types"),
    [
        ("idmsg", (str,)),
        ("outcome", (str,)),
        ("final", (bool,)),
        ("sip_code", (int, type(None))),
        ("duration_seconds", (float, type(None))),
        ("gateway_code", (str, type(None))),
        ("error", (str, type(None))),
        ("headline", (str,)),
        ("meaning", (str,)),
        ("advice", (str,)),
        ("who_acts", (str,)),
        ("retry", (str,)),
        ("raw", (str, type(None))),
    ],
)
def test_value_has_the_type_of_its_key(
    asked_together: Ended, key: str, types: tuple[type, ...]
) -> None:
    """A code of SIP is a number and a code of the gateway a text, in every record."""
    wrong = [record for record in asked_together.records if type(record[key]) not in types]
    assert [] == wrong


def test_texts_and_words_are_filled_in_every_record(asked_together: Ended) -> None:
    """No record leaves its reader without a verdict, a meaning, a next step and who must act."""
    for record in asked_together.records:
        assert all(record[key].strip() for key in ("headline", "meaning", "advice")), record
        assert record["who_acts"] in WHO_ACTS
        assert record["retry"] in {"yes", "later", "no"}


def test_records_stand_in_the_order_asked(asked_together: Ended) -> None:
    """The order of the answers is that of the arguments."""
    assert list(ROWS) == [record["idmsg"] for record in asked_together.records]


async def test_slow_answer_keeps_its_place(voicestatus: Voicestatus) -> None:
    """An id whose answer comes last is still printed first when it was asked first."""
    asked = ["SANDBOX-SLOW-0.5", "SANDBOX-OK"]
    ended = await voicestatus.run("lookup", *asked, "--json")
    assert asked == [record["idmsg"] for record in ended.records]


@pytest.mark.parametrize(
    ("code", "ids"),
    [
        pytest.param(0, ["SANDBOX-BUSY"], id="a failed call is a look-up that worked"),
        pytest.param(3, ["SANDBOX-FOREVER"], id="pending"),
        pytest.param(4, ["SANDBOX-001"], id="gateway error"),
        pytest.param(5, ["SANDBOX-maybe.85"], id="unrecognised"),
        pytest.param(5, ["SANDBOX-FAULT-html"], id="lookup failed"),
        pytest.param(3, ["SANDBOX-FOREVER", "SANDBOX-OK"], id="pending before ok"),
        pytest.param(4, ["SANDBOX-001", "SANDBOX-FOREVER"], id="gateway error before pending"),
        pytest.param(5, ["SANDBOX-OK", "SANDBOX-EMPTY", "SANDBOX-001"], id="the highest wins"),
    ],
)
async def test_exit_code_is_the_highest(
    voicestatus: Voicestatus, code: int, ids: list[str]
) -> None:
    """The exit code tells the worst outcome of all ids, and nothing stands on standard error."""
    ended = await voicestatus.run("lookup", *ids, "--json")
    assert (code, "") == (ended.code, ended.err)


async def test_an_id_that_is_given_twice_is_asked_once(
    voicestatus: Voicestatus, seen: list[SeenRequest]
) -> None:
    """Doubles among the arguments give one answer and one request."""
    ended = await voicestatus.run("lookup", "SANDBOX-001", "SANDBOX-001", "--json")
    assert (1, 1) == (len(ended.records), len(seen))


async def test_many_ids_wait_for_the_ceiling_and_not_for_their_deadline(
    voicestatus: Voicestatus,
) -> None:
    """25 ids at ten a second take longer than the deadline of one, and none of them is busy."""
    asked = [f"SANDBOX-failed.{number}" for number in range(400, 425)]
    patient = voicestatus.having(GATEWAY_REQUESTS_PER_SECOND="10", GATEWAY_TIMEOUT_SECONDS="2")
    ended = await patient.run("lookup", *asked, "--json")
    assert [("failed", None)] * 25 == [(r["outcome"], r["error"]) for r in ended.records]


@pytest.mark.parametrize(
    ("wanted", "options", "settings"),
    [
        pytest.param("Número ocupado", ["--language", "pt-BR"], {}, id="--language"),
        pytest.param("Número ocupado", [], {"BOT_LANGUAGE": "pt-BR"}, id="BOT_LANGUAGE"),
        pytest.param(
            "The line was busy", ["--language", "en"], {"BOT_LANGUAGE": "pt-BR"}, id="option first"
        ),
        pytest.param("The line was busy", [], {}, id="English if nothing is said"),
    ],
)
async def test_language_is_the_one_asked_for(
    voicestatus: Voicestatus, wanted: str, options: list[str], settings: dict[str, str]
) -> None:
    """The option decides, then BOT_LANGUAGE."""
    ended = await voicestatus.having(**settings).run("lookup", "SANDBOX-BUSY", "--json", *options)
    assert wanted.lower() in ended.records[0]["headline"].lower()


async def test_language_is_read_from_the_env_file_too(voicestatus: Voicestatus) -> None:
    """BOT_LANGUAGE in `.env` rules the texts as the environment does."""
    (voicestatus.directory / ".env").write_text("BOT_LANGUAGE=pt-BR\n")
    ended = await voicestatus.run("lookup", "SANDBOX-BUSY", "--json")
    assert "número ocupado" in ended.records[0]["headline"].lower()


async def test_card_is_drawn_without_json(voicestatus: Voicestatus) -> None:
    """Without --json the answer is the card: verdict, next step, id, raw result, sandbox."""
    ended = await voicestatus.run("lookup", "SANDBOX-BUSY")
    wanted = ("busy", "Next step", "SANDBOX-BUSY", "486 Busy Here", "failed:486", "sandbox")
    assert wanted == tuple(part for part in wanted if part in ended.out)


async def test_one_card_for_each_id(voicestatus: Voicestatus) -> None:
    """Several ids give several cards."""
    ended = await voicestatus.run("lookup", "SANDBOX-BUSY", "SANDBOX-OK", "SANDBOX-001")
    assert 3 == ended.out.count("╭") - ended.out.count("│ ╭")


async def test_no_secret_is_printed(voicestatus: Voicestatus) -> None:
    """Not even where the gateway refuses the keys or cannot be understood."""
    ended = await voicestatus.run("lookup", "SANDBOX-001", "SANDBOX-FAULT-client", "--json")
    assert [] == [key for key in (CREDENTIAL, TOKEN) if key in ended.out + ended.err]


async def test_json_is_one_object_a_line(voicestatus: Voicestatus) -> None:
    """A result with hostile text stays on its line, as received."""
    ended = await voicestatus.run("lookup", "SANDBOX-FAULT-unsafe-text", "--json")
    assert 1 == len(ended.out.splitlines())
    assert "<!channel>" in json.loads(ended.out)["raw"]


async def test_a_look_up_in_a_terminal_keeps_to_the_ceilings_of_the_bot_beside_it(
    voicestatus: Voicestatus, seen: list[SeenRequest], tmp_path: Path
) -> None:
    """A pause that the bot was asked for holds here too; nothing is sent."""
    async with open_database(f"sqlite:///{tmp_path}/voicestatus.db") as database:
        ceilings = Ceilings(requests_per_second=10, max_concurrency=1)
        gate = SharedGate(database, ceilings, lease_seconds=15)
        await gate.close()
        async with database.writing() as connection:
            farther = GATE.c.closed_until + LONGEST_PAUSE_SECONDS - 60
            await connection.execute(GATE.update().values(closed_until=farther))

    ended = await voicestatus.run("lookup", "SANDBOX-OK", "--json")

    assert 5 == ended.code
    assert "paused" == json.loads(ended.out)["error"]
    assert [] == seen


async def test_where_no_bot_has_run_a_look_up_makes_no_database(
    voicestatus: Voicestatus, tmp_path: Path
) -> None:
    """There is nobody to share with."""
    await voicestatus.run("lookup", "SANDBOX-OK")

    made = await asyncio.to_thread(lambda: [*tmp_path.glob("*.db*")])
    assert [] == made

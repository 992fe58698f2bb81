"""`voicestatus lookup`: its output for the gateway's answers."""

from __future__ import annotations

import asyncio

import pytest

from bot.commands.lookup import at_once
from bot.domain.gate import LONGEST_PAUSE_SECONDS, RateLimits
from bot.domain.texts.catalog import Catalog
from bot.settings.settings import Settings
from bot.storage.database import open_database
from bot.storage.gate import SharedGate
from bot.storage.schema import GATE
from tests.commands.conftest import Seen
from tests.support.voicestatus_process import CREDENTIAL, TOKEN, Ended, Voicestatus, unframed
from tests.support.wording import BUSY, EN, PT, say, verdict

KEYS = {
    "idmsg": (str,),
    "outcome": (str,),
    "final": (bool,),
    "sip_code": (int, type(None)),
    "duration_seconds": (float, type(None)),
    "gateway_code": (str, type(None)),
    "error": (str, type(None)),
    "headline": (str,),
    "meaning": (str,),
    "advice": (str,),
    "who_acts": (str,),
    "retry": (str,),
    "raw": (str, type(None)),
}

# Id, then outcome, final, sip_code, duration_seconds, gateway_code, error, raw.
ROWS: dict[str, tuple[object, ...]] = {
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
    # Three digits that the specification does not list.
    "SANDBOX-002": ("gateway_error", False, None, None, "002", None, "002"),
    "NO-SUCH-ID-1": ("gateway_error", False, None, None, "023", None, "023"),
    "sandbox-failed.486": ("failed", True, 486, None, None, None, "failed:486"),
    # An unknown word is never a success.
    "SANDBOX-maybe.85": ("unrecognised", False, None, None, None, None, "maybe:85"),
    "SANDBOX-EMPTY": ("lookup_failed", False, None, None, None, "empty_result", None),
    "SANDBOX-FAULT-html": ("lookup_failed", False, None, None, None, "not_soap", None),
    "SANDBOX-FAULT-server": ("lookup_failed", False, None, None, None, "fault_server", None),
    # After this one no request may start for some time.
    "SANDBOX-900": ("gateway_error", False, None, None, "900", None, "900"),
}


@pytest.fixture(scope="module")
def asked_together(gateway: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One look-up of all ids of the table."""
    voicestatus = Voicestatus(directory=tmp_path_factory.mktemp("lookup"), settings=gateway)
    return voicestatus.run("lookup", *ROWS, "--json")


def test_records_say_what_the_gateway_answered(asked_together: Ended) -> None:
    """In the order of the arguments, with null for keys that do not apply."""
    shown = ("outcome", "final", "sip_code", "duration_seconds", "gateway_code", "error", "raw")
    found = [(one["idmsg"], tuple(one[key] for key in shown)) for one in asked_together.records]
    assert [*ROWS.items()] == found


def test_every_record_has_all_keys_with_values_of_their_types(asked_together: Ended) -> None:
    """A code of SIP is a number and a code of the gateway a text; no text is empty."""
    assert [] == [
        (record["idmsg"], key)
        for record in asked_together.records
        for key in {*KEYS, *record}
        if type(record.get(key, ...)) not in KEYS.get(key, ()) or record[key] == ""
    ]
    assert {"agent", "sender", "bot_admin", "gateway", "carrier", "callee", "nobody"} >= {
        record["who_acts"] for record in asked_together.records
    }
    assert {"yes", "later", "no"} == {record["retry"] for record in asked_together.records}


def test_a_slow_answer_keeps_its_place(voicestatus: Voicestatus) -> None:
    """An id whose answer arrives last is still printed first if it was given first."""
    asked = ["SANDBOX-SLOW-0.2", "SANDBOX-OK"]
    ended = voicestatus.run("lookup", *asked, "--json")
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
def test_the_exit_code_is_the_highest(voicestatus: Voicestatus, code: int, ids: list[str]) -> None:
    """The exit code is that of the worst outcome of all ids, and standard error is empty."""
    ended = voicestatus.run("lookup", *ids, "--json")
    assert (code, "") == (ended.code, ended.err)


def test_a_process_ends_with_the_exit_code_of_its_command(voicestatus: Voicestatus) -> None:
    """`python -m bot` prints the same as the command inside this process."""
    asked = ("lookup", "SANDBOX-001", "--json")
    process = voicestatus.run_process(*asked)
    assert 4 == process.code
    assert voicestatus.run(*asked) == process


def test_an_id_that_is_given_twice_is_asked_once(voicestatus: Voicestatus, seen: Seen) -> None:
    """Doubles among the arguments give one answer and one request."""
    ended = voicestatus.run("lookup", "SANDBOX-001", "SANDBOX-001", "--json")
    assert (1, 1) == (len(ended.records), len(seen))


def test_many_ids_wait_for_the_ceiling_and_not_for_their_deadline(voicestatus: Voicestatus) -> None:
    """Twelve ids take longer together than the deadline of one, and none of them is busy."""
    asked = [f"SANDBOX-SLOW-0.15{'0' * number}" for number in range(12)]
    patient = voicestatus.having(GATEWAY_MAX_CONCURRENCY="1", GATEWAY_TIMEOUT_SECONDS="1.5")
    ended = patient.run("lookup", *asked, "--json")
    assert [("answered", None)] * 12 == [(r["outcome"], r["error"]) for r in ended.records]


@pytest.mark.parametrize(
    ("per_second", "seconds", "together", "expected"),
    [
        (1000, 10, 20, 40),
        (10, 2, 20, 10),
        (10, 2, 6, 10),
        (0.1, 1, 20, 1),
        (1000, 10, 1, 2),
    ],
)
def test_no_more_at_once_than_get_through_well_before_their_deadline(
    per_second: float, seconds: float, together: int, expected: int
) -> None:
    """A few more than may run at once; half of the deadline's capacity; at least one."""
    settings = Settings.of(
        gateway_requests_per_second=per_second,
        gateway_timeout_seconds=seconds,
        gateway_max_concurrency=together,
    )
    assert expected == at_once(settings)


@pytest.mark.parametrize(
    ("catalog", "options", "settings"),
    [
        pytest.param(PT, ["--language", "pt-BR"], {}, id="--language"),
        pytest.param(PT, [], {"BOT_LANGUAGE": "pt-BR"}, id="BOT_LANGUAGE"),
        pytest.param(EN, ["--language", "en"], {"BOT_LANGUAGE": "pt-BR"}, id="option first"),
        pytest.param(EN, [], {}, id="English if nothing is said"),
    ],
)
def test_the_language_is_the_one_asked_for(
    voicestatus: Voicestatus, catalog: Catalog, options: list[str], settings: dict[str, str]
) -> None:
    """The option decides, then BOT_LANGUAGE."""
    ended = voicestatus.having(**settings).run("lookup", "SANDBOX-BUSY", "--json", *options)
    assert catalog.sip(486).advice == ended.records[0]["advice"]


def test_the_language_is_read_from_the_env_file_too(voicestatus: Voicestatus) -> None:
    """BOT_LANGUAGE in `.env` rules the texts as the environment does."""
    (voicestatus.directory / ".env").write_text("BOT_LANGUAGE=pt-BR\n")
    ended = voicestatus.run("lookup", "SANDBOX-BUSY", "--json")
    assert PT.sip(486).advice == ended.records[0]["advice"]


def test_a_card_is_drawn_for_each_id(voicestatus: Voicestatus) -> None:
    """Without --json: verdict, id, code, raw result, and the sandbox's mark."""
    ended = voicestatus.run("lookup", "SANDBOX-BUSY", "SANDBOX-023")
    cards = [unframed(card) for card in ended.out.split("\n╭")]
    first = (BUSY, "SANDBOX-BUSY", "486 Busy Here", "failed:486", say("card.sandbox"))
    assert first == tuple(part for part in first if part in cards[0])
    second = (verdict("023"), "SANDBOX-023")
    assert second == tuple(part for part in second if part in cards[1])
    assert 2 == len(cards)


def test_no_secret_is_printed(voicestatus: Voicestatus) -> None:
    """Not even if the gateway refuses the keys or its reply is unreadable."""
    ended = voicestatus.run("lookup", "SANDBOX-001", "SANDBOX-FAULT-client", "--json")
    assert [] == [key for key in (CREDENTIAL, TOKEN) if key in ended.out + ended.err]


def test_json_is_one_object_a_line(voicestatus: Voicestatus) -> None:
    """A result with hostile text stays on its line, as received."""
    ended = voicestatus.run("lookup", "SANDBOX-FAULT-unsafe-text", "--json")
    (record,) = ended.records
    assert "<!channel>" in record["raw"]
    assert ended.out.removesuffix("\n").isprintable()


def test_a_look_up_in_a_terminal_keeps_to_the_rate_limits_of_the_bot_beside_it(
    voicestatus: Voicestatus, seen: Seen
) -> None:
    """A pause that the gateway requested from the bot applies here too; nothing is sent."""
    url = f"sqlite:///{voicestatus.directory}/voicestatus.db"

    async def ask_for_a_pause() -> None:
        async with open_database(url) as database:
            limits = RateLimits(requests_per_second=10, max_concurrency=1)
            await SharedGate(database, limits).close()
            farther = GATE.c.closed_until + LONGEST_PAUSE_SECONDS - 60
            later = GATE.update().values(closed_until=farther)
            await database.write(lambda connection: connection.execute(later))

    asyncio.run(ask_for_a_pause())
    ended = voicestatus.run("lookup", "SANDBOX-OK", "--json")

    assert (5, ["paused"]) == (ended.code, [record["error"] for record in ended.records])
    assert [] == seen


def test_where_no_bot_has_run_a_look_up_makes_no_database(voicestatus: Voicestatus) -> None:
    """No bot shares the rate limit."""
    voicestatus.run("lookup", "SANDBOX-OK")
    assert [] == [*voicestatus.directory.iterdir()]


def test_a_terminal_advises_no_watch(voicestatus: Voicestatus) -> None:
    """It has none; the rest of the advice stays."""
    shown = voicestatus.run("lookup", "SANDBOX-PENDING").shown
    assert say("advice.still_pending") in " ".join(shown.split())


def test_a_database_that_cannot_be_used_is_named(voicestatus: Voicestatus) -> None:
    """The answer comes all the same; a script reads why no audit has it."""
    (voicestatus.directory / "voicestatus.db").write_bytes(b"no database" * 100)
    ended = voicestatus.run("lookup", "SANDBOX-OK")
    assert (0, True) == (ended.code, "Not recorded in the audit." in ended.err)
    assert "No database of a bot" not in ended.err

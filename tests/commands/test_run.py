"""`voicestatus run`: what it says at the start."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bot.commands import run
from bot.commands.run import _explained, _log_as_set
from bot.locales import load_remedies
from bot.settings.settings import Settings
from bot.slack.api.calls import NotConnectedError
from tests.support.voicestatus_process import Voicestatus, as_in_a_new_process, gateway_settings


def test_the_log_says_what_an_operator_should_know_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each variable by its name and with what to do; the value is not in it."""
    monkeypatch.setenv("BOT_HASH_KEY", '"C4NARY"')
    monkeypatch.setenv("BOT_PORT", "tcp://10.0.0.7:3000")
    with as_in_a_new_process():
        _log_as_set(Settings.of(bot_log_format="json", database_url="sqlite:///:memory:"))
    err = capsys.readouterr().err
    lines = [json.loads(line) for line in err.splitlines()]
    assert [("BOT_HASH_KEY", "warning"), ("BOT_PORT", "warning")] == [
        (line["setting"], line["level"]) for line in lines
    ]
    assert "enableServiceLinks: false" in lines[1]["event"]
    assert "C4NARY" not in err


def test_a_database_in_the_wrong_folder_is_no_surprise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A start logs that it makes a new one, and where; a wrong address is reported later."""
    file = tmp_path / "new.db"
    with as_in_a_new_process():
        for url in (f"sqlite:///{file}", "sqlite://host/voicestatus.db"):
            _log_as_set(Settings.of(bot_log_format="json", database_url=url))
        file.touch()
        _log_as_set(Settings.of(bot_log_format="json", database_url=f"sqlite:///{file}"))
    (line,) = capsys.readouterr().err.splitlines()
    assert f"so {file} is made" in json.loads(line)["event"]


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("certificate: self-signed certificate", "certificate"),
        ("proxy: HTTP 407", "proxy"),
        ("ClientConnectorDNSError", "ClientConnectorDNSError"),
        ("ClientConnectorError", "unreachable"),
    ],
)
def test_a_slack_that_is_out_of_reach_is_told_with_its_remedy(reason: str, remedy: str) -> None:
    """Which depends on what is in the way."""
    told = _explained(NotConnectedError(reason), Settings.of())
    assert told.endswith(f"({reason}). {load_remedies()['slack'][remedy]}")


def test_nothing_for_terminals_is_imported(bare: Voicestatus) -> None:
    """A server draws nothing; these would take 5 MiB."""
    keys = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    away = {"SLACK_API_URL": "http://127.0.0.1:9/api/"}
    program = """
import sys
from bot.commands.app import main
sys.argv = ["voicestatus", "run"]
try:
    main()
except SystemExit as end:
    names = ("structlog", "httpx", "rich", "pygments", "click")
    print(end.code, [name for name in names if name in sys.modules])
"""
    settings = gateway_settings("http://127.0.0.1:9") | keys | away
    ended = bare.having(**settings).run_python(program)
    assert "1 ['structlog', 'httpx']" == ended.out.strip(), ended.err


_PROGRAM = """
import ctypes, resource
from bot.commands.run import keep_memory_private
keep_memory_private()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_memory_of_the_process_stays_its_own(bare: Voicestatus) -> None:
    """No core dump, and no other process of the same user may read it (PR_GET_DUMPABLE)."""
    assert "(0, 0) 0" == bare.run_python(_PROGRAM).out.strip()


def test_run_keeps_its_memory_private(bare: Voicestatus, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is connected."""
    done: list[str] = []

    async def work(*_: object, **__: object) -> int:
        done.append("run")
        return 0

    monkeypatch.setattr(run, "keep_memory_private", lambda: done.append("private"))
    monkeypatch.setattr(run, "run_until_stopped", work)
    keys = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    assert 0 == bare.having(**gateway_settings("http://127.0.0.1:9"), **keys).run("run").code
    assert ["private", "run"] == done

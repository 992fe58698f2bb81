"""Where settings are read from, what a value means there, and what operators should know."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.settings.loading import Need, SettingsError
from bot.settings.names import forms
from bot.settings.sources import (
    Sources,
    foreign_names,
    meant_by,
    misspelt_permissions,
    read_sources,
    remarks,
    single_setting,
)
from bot.storage.database import open_database
from bot.storage.hash_key import load_hash_key
from tests.support.settings_environment import Environment

CANARY = "U0CANARY001"
SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
KEY = "a key with #1 and 'quotes'"
# What a place may hold, and what it means.
FORMS = {
    KEY: KEY,
    f" {KEY}\t": KEY,
    f"{KEY}\r\n": KEY,
    f"\ufeff{KEY}\u200b\n": KEY,
    f'"{KEY}"': KEY,
    f' " {KEY} " ': KEY,
    "'a \"key\"'": 'a "key"',
    "`a key`": "a key",
    f"\u201c{KEY}\u201d": KEY,
    f"\u201e{KEY}\u201c": KEY,
    f"\xab\xa0{KEY}\xa0\xbb": KEY,
    "\u2018a\u2019": "a",
    f"{KEY} # of the app": KEY,
    f'"{KEY}" # of the "app"': KEY,
    f'"{KEY}"#app': KEY,
    f"{KEY} #": KEY,
    '"a key # with a mark"': "a key # with a mark",
    "in #support": "in #support",
    "#support": "#support",
    '"a" or "b"': '"a" or "b"',
    "\u201ca\u201d or \u201cb\u201d": "\u201ca\u201d or \u201cb\u201d",
    '"a': '"a',
    '"': '"',
    "# to be filled in": "",
    '""': "",
    " ' ' ": "",
    "\ufeff\n": "",
}
# In an `.env`, quotes and comments are the parser's business; these are not.
IN_A_FILE = (KEY, f"\u201c{KEY}\u201d", f"'{KEY.replace(chr(39), '')}' # app", "in #support")


def test_a_value_means_the_same_in_the_environment_and_in_a_secret(
    environment: Environment,
) -> None:
    """Docker, Kubernetes and editors put more into it than the value."""
    environment.put_secrets()
    file = environment.directory / "secrets" / "bot_support_contact"
    read = {}
    for form in FORMS:
        with environment.having(BOT_SUPPORT_CONTACT=form):
            here = single_setting("BOT_SUPPORT_CONTACT")
        file.write_text(form, encoding="utf-8", newline="")
        there = environment.load().bot_support_contact
        read[form] = here if here == there else (here, there)
    assert FORMS == read


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["", "with a mark"])
def test_env_file_is_read(environment: Environment, mark: str, end: str) -> None:
    """`.env` in the working directory, beside other programs' lines, as any editor writes it."""
    lines = ["GATEWAY_TOKEN=C4NARY # ours", "export BOT_PORT=8080", "OTHER=1", "what is this"]
    lines += ["  BOT_HOST = '::1' ", "BOT_COMMAND=\u201c/chamada\u201d", "BOT_MODE='"]
    text = mark + end.join(lines) + end
    (environment.directory / ".env").write_bytes(text.encode())
    read = environment.load()
    assert read.gateway_token is not None
    token = read.gateway_token.get_secret_value()
    assert ("C4NARY", 8080, "::1", "/chamada") == (
        token,
        read.bot_port,
        read.bot_host,
        read.bot_command,
    )


def test_the_nearest_place_wins_and_a_blank_hides_nothing(environment: Environment) -> None:
    """The environment goes before `.env`, and that before secrets."""
    environment.put_secrets(bot_port="1", BOT_HOST="secrets", bot_command="/secrets\n")
    (environment.directory / ".env").write_text("BOT_PORT=2\nbot_host=file\nBOT_COMMAND=\n")
    environment.set(Bot_Port="3", BOT_COMMAND=' "" ')
    read = environment.load()
    assert (3, "file", "/secrets") == (read.bot_port, read.bot_host, read.bot_command)


@pytest.mark.parametrize("blank", ["", "  ", "\t", '""', "# none"], ids=repr)
def test_a_blank_value_counts_as_unset(environment: Environment, blank: str) -> None:
    """A line such as `GATEWAY_URL=` is not a value; neither is a secret of spaces."""
    environment.set(**dict.fromkeys(forms(), blank))
    environment.put_secrets(gateway_token=blank)
    assert environment.load() == environment.load().of()
    problems = environment.refused(Need.GATEWAY).problems
    assert ["missing"] * 2 == [problem.split()[2].strip(":") for problem in problems]


def test_what_lies_beside_secrets_is_not_read(environment: Environment) -> None:
    """Folders, and files of other programs, whatever is in them."""
    environment.put_secrets(other=b"\xff\xfe", gateway_token="C4NARY")
    (environment.directory / "secrets" / "bot_port").mkdir()
    assert environment.load(*()).bot_port == environment.load().of().bot_port


@pytest.mark.parametrize(
    "content", [b"\xff\xfeB\x00O\x00", b"BOT_X=\xff"], ids=["utf-16", "broken"]
)
def test_a_file_that_is_no_text_is_named(environment: Environment, content: bytes) -> None:
    """As the one problem, without a traceback; other commands do without it."""
    Path(".env").write_bytes(content)
    assert (".env is not a text file in UTF-8.",) == environment.refused(Need.SLACK).problems
    with environment.having(BOT_LANGUAGE="pt-BR"):
        assert "pt-BR" == single_setting("BOT_LANGUAGE")
    Path(".env").unlink()
    environment.put_secrets(gateway_token=content)
    secret = environment.directory / "secrets" / "gateway_token"
    assert (f"{secret} is not a text file in UTF-8.",) == environment.refused().problems


@pytest.mark.parametrize("name", [".env", "gateway_token"])
def test_a_file_that_may_not_be_read_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With the system's reason."""
    read = Path.read_text

    def forbidden(path: Path, encoding: str) -> str:
        if path.name == name:
            raise PermissionError(13, "Permission denied")
        return read(path, encoding)

    environment.put_secrets(gateway_token="C4NARY")
    monkeypatch.setattr(Path, "read_text", forbidden)
    with pytest.raises(SettingsError, match=rf"{name} cannot be read \(Permission denied\)\.$"):
        environment.load()


def remarks_now() -> dict[str, str]:
    """The detail of each remark, by the name of the setting."""
    return {remark.setting: remark.detail for remark in remarks(read_sources())}


def test_what_is_left_out_of_a_value_is_remarked(environment: Environment) -> None:
    """By the setting's name; the value is not in it, and blanks are nothing to speak of."""
    environment.set(BOT_HOST=" ::1 ", BOT_PORT='"1"', BOT_HASH_KEY=f"{CANARY * 2} # key")
    found = remarks_now()
    assert ["BOT_PORT", "BOT_HASH_KEY"] == [*found]
    assert {True} == {"quotes" in detail for detail in found.values()}
    assert CANARY not in "".join(found.values())


def test_a_signing_secret_unlike_those_of_slack_is_remarked(environment: Environment) -> None:
    """The bot starts with it, since only a request can show that it is wrong."""
    environment.set(SLACK_SIGNING_SECRET="0" * 31)
    assert ["SLACK_SIGNING_SECRET"] == [*remarks_now()]
    environment.set(SLACK_SIGNING_SECRET="0aF" + "0" * 29)
    assert {} == remarks_now()


def test_a_line_that_cannot_be_read_is_remarked(environment: Environment) -> None:
    """By its number, and above the other problems if the start fails; its text is in neither."""
    Path(".env").touch(0o600)
    Path(".env").write_text(f"BOT_PORT=1\nGATEWAY_TOKEN='{CANARY}\n{CANARY}\n= {CANARY}\n")
    found = [remark.detail for remark in remarks(read_sources())]
    assert ["2", "4"] == [detail.split()[-1] for detail in found]
    problems = environment.refused(Need.GATEWAY).problems
    assert [".env: line 2 cannot be read.", ".env: line 4 cannot be read."] == [*problems[:2]]
    assert CANARY not in "".join((*found, *problems))


@pytest.mark.parametrize("address", ["tcp://10.0.0.7:3000", "udp://[fd00::7]:53", "sctp://a:1\n"])
def test_an_address_that_kubernetes_made_is_no_setting(
    environment: Environment, address: str
) -> None:
    """A service called "bot" has its address in BOT_PORT; the port is the one set elsewhere."""
    environment.set(BOT_PORT=address, GATEWAY_PORT=address, BOT_SERVICE_PORT="3000")
    assert 3000 == environment.load().bot_port
    Path(".env").touch(0o600)
    Path(".env").write_text("BOT_PORT=8080\n")
    assert 8080 == environment.load().bot_port
    (remark,) = remarks(read_sources())
    assert ("BOT_PORT", True) == (remark.setting, "enableServiceLinks: false" in remark.remedy)


def test_a_name_is_looked_for_wherever_settings_are_read(environment: Environment) -> None:
    """In the environment, the file and the folder; real settings are not named."""
    folder = environment.directory / "secrets"
    environment.put_secrets(BOT_C="1", BOT_PORT="1")
    Path(".env").write_text("BOT_B=1\nbot_language=en\n")
    with environment.having(BOT_A="1", BOT_HOST="1"):
        found = read_sources(str(folder)).others
    assert ("BOT_A", "BOT_B", "BOT_C") == foreign_names(found)


def test_what_is_set_does_not_show_itself(environment: Environment) -> None:
    """Not in a traceback or a log: most of it is secret."""
    environment.set(GATEWAY_TOKEN=CANARY)
    assert CANARY in read_sources().values["GATEWAY_TOKEN"]
    assert CANARY not in repr(read_sources())


def test_no_file_and_no_folder_are_nothing(environment: Environment) -> None:
    """Neither has to be there."""
    assert {} == read_sources(str(environment.directory / "nothing")).values


def test_what_begins_as_a_setting_does_is_foreign() -> None:
    """In every family; not other programs' variables, nor Kubernetes' links."""
    families = [name for name in forms() if not name.endswith("_PROXY") or name == "GATEWAY_PROXY"]
    ours = [f"{name.partition('_')[0]}_X" for name in families]
    links = ["BOT_SERVICE_HOST", "BOT_SERVICE_PORT", "BOT_SERVICE_PORT_HTTP", "GATEWAY_PORT"]
    links += ["BOT_PORT_8080_TCP", "BOT_PORT_8080_TCP_ADDR", "SLACK_PORT_53_UDP"]
    assert tuple(ours) == foreign_names([*ours, *links, "PATH", "ROBOT_X", "DJANGO_ALLOWED_HOSTS"])


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("GATEWAY_TIMEOUT", "Did you mean GATEWAY_TIMEOUT_SECONDS? Rename or unset it."),
        ("BOT_LOGLEVEL", "Did you mean BOT_LOG_LEVEL? Rename or unset it."),
        ("BOT_COLOUR_OF_THE_SKY", "Rename or unset it."),
    ],
)
def test_a_variable_that_is_no_setting_is_remarked(name: str, remedy: str) -> None:
    """It has no effect, which an operator would not notice."""
    (remark,) = remarks(Sources(values={}, others=(name, "PATH")))
    assert (name, remedy) == (remark.setting, remark.remedy)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("ALLOWED_CHANELS", "ALLOWED_CHANNELS"),
        ("ALOWED_USERS", "ALLOWED_USERS"),
        ("ALLOW_USERS", "ALLOWED_USERS"),
        ("SLACK_ALLOWED_USERS", "ALLOWED_USERS"),
        ("ADMIN_USER", "ADMIN_USERS"),
        ("allow_external", "ALLOW_EXTERNAL_USERS"),
    ],
)
def test_a_misspelt_permission_stops_the_start(
    environment: Environment, slip: str, meant: str
) -> None:
    """With the right name and never the value; beside all other problems."""
    (problem,) = environment.refused(Need.SLACK, **SLACK, **{slip: CANARY}).problems
    assert (slip.upper(), True) == (problem.split()[0], f"Did you mean {meant}?" in problem)
    wrong = environment.refused(Need.SLACK, **SLACK, **{slip: CANARY}, BOT_PORT="x").problems
    assert [True, problem] == [wrong[0].startswith("BOT_PORT"), wrong[1]]
    assert CANARY not in "".join(wrong)


def test_a_command_in_a_terminal_asks_for_no_permission(environment: Environment) -> None:
    """No user is restricted there, so nothing stops the start."""
    keys = {"GATEWAY_CREDENTIAL": "0" * 40, "GATEWAY_TOKEN": "0" * 6}
    with environment.having(ALOWED_USERS=CANARY, **keys):
        assert environment.load(Need.GATEWAY).allowed_users == frozenset()


def test_names_of_other_programs_open_no_door() -> None:
    """Only a name that nearly matches one of ours does."""
    others = ["ALLOWED_HOSTS", "ALLOWED_ORIGINS", "ADMIN_EMAIL", "ADMIN_PASSWORD", "ALLOW_ALL"]
    assert [] == misspelt_permissions(others)


def test_every_setting_is_meant_by_its_own_name() -> None:
    """And never by a name that resembles none."""
    assert [*forms()] == [meant_by(name) for name in forms()]
    assert meant_by("BOT_COLOUR_OF_THE_SKY") is None


def exposed() -> list[str]:
    """The files that are noticed because others can open them."""
    found = [one for one in remarks(read_sources()) if "every user" in one.detail]
    assert all(one.remedy == f"Run `chmod o= {one.setting}`." for one in found)
    return [one.setting for one in found]


async def made_by_a_bot(database: str) -> None:
    """Make a database with its key."""
    async with open_database(f"sqlite:///{database}") as opened:
        await load_hash_key(opened)


@pytest.mark.parametrize("url", [None, "sqlite:///other.db"])
def test_files_that_others_can_open_are_noticed(environment: Environment, url: str | None) -> None:
    """Of secrets and of customers' data; the bot's own are made for its user alone."""
    name = "other.db" if url else "voicestatus.db"
    if url:
        environment.set(DATABASE_URL=url)
    asyncio.run(made_by_a_bot(name))
    files = [".env", name, f"{name}.key"]
    Path(".env").touch(0o600)
    assert [] == exposed()

    for file in files:
        for mode, is_noticed in ((0o604, True), (0o602, True), (0o640, False), (0o600, False)):
            Path(file).chmod(mode)
            assert ([file] if is_noticed else []) == exposed()


def test_what_is_no_file_of_ours_is_not_noticed(environment: Environment) -> None:
    """A folder of that name, and a database on a server."""
    Path(".env").mkdir(mode=0o755)
    environment.set(DATABASE_URL="postgresql:///voice")
    assert () == read_sources().exposed


def test_a_comment_that_is_cut_from_a_value_is_said(environment: Environment) -> None:
    """Both where python-dotenv cuts it, and not of a value in quotes."""
    lines = ("export Gateway_Support_Contact=a, contract #2", 'BOT_SUPPORT_CONTACT="b #3"')
    Path(".env").write_text("\n".join(lines))
    Path(".env").chmod(0o600)
    assert "a, contract" == environment.load(*()).gateway_support_contact
    assert ["GATEWAY_SUPPORT_CONTACT"] == [one.setting for one in remarks(read_sources())]


def test_no_advice_is_given_about_another_file(environment: Environment) -> None:
    """A wrong address of the database may lead to a file of the system."""
    Path("hosts").write_text("127.0.0.1 localhost")
    Path("hosts").chmod(0o644)
    with environment.having(DATABASE_URL="sqlite:///hosts"):
        assert () == read_sources().exposed


def test_a_missing_file_is_named_with_its_folder(environment: Environment) -> None:
    """Whoever starts it in the wrong folder sees which one that is."""
    (first, *_) = environment.refused(Need.SLACK).problems
    assert first.endswith(f" There is no .env in {Path.cwd()}.")
    Path(".env").touch()
    (first, *_) = environment.refused(Need.SLACK).problems
    assert "There is no" not in first

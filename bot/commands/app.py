"""The terminal commands. Each command imports its heavy dependencies itself."""

from __future__ import annotations

import asyncio
import gc
import io
import os
import re
import sys
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer import Argument, Option

from bot import __version__
from bot.commands.exit_codes import FAILED, USAGE
from bot.commands.options import AsJson, InLanguage, ListFile, ResultFile, Since
from bot.domain.texts.catalog import Catalog, Language, named_language
from bot.domain.texts.printable import printable

if TYPE_CHECKING:
    from bot.settings.settings import Settings

_app = typer.Typer(
    name="voicestatus",
    help="Tells a support agent, in plain words, what happened to a phone call.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command line. Typer ends it with 130 after an interrupt."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows a question mark instead.
            stream.reconfigure(errors="replace")
    # Imports free next to nothing: collecting garbage meanwhile takes a tenth of a command.
    gc.disable()
    try:
        _app()
    except BrokenPipeError:
        # The reader of our output has closed the pipe, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"voicestatus {__version__}")
        raise typer.Exit


@_app.callback()
def _voicestatus(
    *,
    version: Annotated[
        bool,
        Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Tells a support agent, in plain words, what happened to a phone call."""


@_app.command()
def run() -> None:
    """Connect to Slack and answer until SIGTERM or Ctrl-C. The settings may be in .env."""
    with _hidden("click", "rich"):
        from bot.commands.run import end_at_last, keep_memory_private, run_until_stopped
    settings = _settings("gateway", "slack")
    keep_memory_private()
    raise typer.Exit(_run(run_until_stopped(settings, stopping=end_at_last)))


@_app.command()
def lookup(
    idmsgs: Annotated[
        list[str] | None, Argument(metavar="IDMSG...", help="Such as MPG000236180474.")
    ] = None,
    *,
    file: ListFile = None,
    output: ResultFile = None,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Look up calls. Exits with 0, 3 (pending), 4 (gateway error) or 5 (not found out)."""
    if bool(idmsgs) == bool(file) or (output is not None and not file):
        _complain(["Give one or more IDMSGs, or --file with a list; --output goes with --file."])
    settings, problems = _settings_or_problems("gateway")
    catalog = _catalog(language or (settings.bot_language if settings is not None else None))
    if file:
        from bot.commands.lookup_file import look_up_list, read_list

        given, bad_list = read_list(file, output, catalog, settings)
        if settings is None or given is None:
            _complain([*problems, *bad_list])
        work = look_up_list(given, settings, catalog, as_json=as_json, output=output)
        raise typer.Exit(_run(work))
    from bot.commands.lookup import look_up, read_ids

    message_ids, bad_ids = read_ids(idmsgs or (), catalog)
    if settings is None or bad_ids:
        _complain([*problems, *bad_ids])
    raise typer.Exit(_run(look_up(message_ids, settings, catalog, as_json=as_json)))


@_app.command()
def explain(
    codes: Annotated[
        list[str] | None,
        Argument(metavar="CODE...", help="486, sip:486, gateway:023, failed:486, a word."),
    ] = None,
    *,
    everything_: Annotated[bool, Option("--all", help="Explain the whole dictionary.")] = False,
    markdown: Annotated[bool, Option("--markdown", help="Print Markdown.")] = False,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Explain codes; needs no settings and no network. Example: voicestatus explain 486."""
    if everything_ == bool(codes):
        _complain(["Give one or more codes or words, or --all for the whole dictionary."])
    catalog = _catalog(language)
    from bot.commands.explain import print_meanings

    markdown = markdown or everything_
    others = partial(map, _catalog, Language)
    if not print_meanings(codes or (), catalog, others, as_json=as_json, markdown=markdown):
        raise typer.Exit(FAILED)


@_app.command()
def sandbox(
    *,
    host: Annotated[str, Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8088,
    list_: Annotated[bool, Option("--list", help="List the scripted ids and exit.")] = False,
) -> None:
    """Serve a gateway with scripted answers. Example: voicestatus sandbox --port 8088."""
    from bot.commands.sandbox import print_script, serve_sandbox

    if list_:
        print_script()
    else:
        raise typer.Exit(_run(serve_sandbox(host, port)))


@_app.command()
def demo(
    *,
    language: InLanguage = None,
    port: Annotated[
        int | None, Option(min=0, max=65535, help="Port of the page; 0 takes a free one.")
    ] = None,
    terminal: Annotated[
        bool, Option("--terminal", help="Play a tour in the terminal instead.")
    ] = False,
) -> None:
    """Try everything in a browser, without Slack or a gateway."""
    own = _catalog(language).language
    from bot.demo.conversation import converse
    from bot.demo.playground.serving import play
    from bot.demo.stage import CANNOT_START

    try:
        code = _run(converse(own) if terminal else play(own, port, language))
    except CANNOT_START as error:
        typer.echo(f"The demo cannot start: {error}.", err=True)
        code = FAILED
    raise typer.Exit(code)


@_app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check this installation; each problem comes with its remedy."""
    from bot.commands.doctor import report
    from bot.settings.loading import Need, SettingsError, load_settings

    problems: Sequence[str] = ()
    settings: Settings | None
    try:
        settings = load_settings(Need)
    except SettingsError as error:
        problems, settings = error.problems, error.settings
    raise typer.Exit(_run(report(settings, problems, as_json=as_json)))


@_app.command()
def health() -> None:
    """Exit with 0 if the bot on this machine is alive, else with 1."""
    from bot.commands.health import problem_of_the_bot

    if problem := problem_of_the_bot():
        typer.echo(problem, err=True)
        raise typer.Exit(FAILED)


@_app.command()
def jobs(
    action: Annotated[str, Argument(metavar="list|cancel|retry")] = "list",
    job_id: Annotated[str, Argument(metavar="ID", help="Such as 0123456789abcdef.")] = "",
    *,
    everything_: Annotated[bool, Option("--all", help="Include finished ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """List open watches and lists, cancel one, or retry one now."""
    if action not in {"list", "cancel", "retry"} or (action == "list") == bool(job_id):
        _complain(["Give list, or cancel or retry with the id of a watch or list."])
    settings = _settings()
    from bot.commands.jobs import do_job

    work = do_job(settings, action, job_id, everything=everything_, as_json=as_json)
    raise typer.Exit(_run(work))


@_app.command()
def audit(
    action: Annotated[str, Argument(metavar="export")],
    *,
    since: Since = None,
    form: Annotated[str, Option("--format", metavar="csv|jsonl")] = "csv",
) -> None:
    """Print the audit: who looked up what, when, and where. Ids are hashed."""
    if action != "export" or form not in {"csv", "jsonl"}:
        _complain(["Give: audit export, with --format csv or jsonl."])
    settings = _settings()
    from bot.commands.records import export_audit

    raise typer.Exit(_run(export_audit(settings, since, form)))


@_app.command()
def data(
    action: Annotated[str, Argument(metavar="export|erase")],
    *,
    team: Annotated[str, Option(metavar="T...", help="The workspace's id, such as T0123ABCD.")],
    user: Annotated[str, Option(metavar="U...", help="The person's id, such as U0123ABCD.")] = "",
    idmsg: Annotated[str, Option(metavar="IDMSG", help="The id of a call.")] = "",
) -> None:
    """Print or erase all that is stored about a person or a call."""
    if action not in {"export", "erase"} or bool(user) == bool(idmsg):
        _complain(["Give export or erase, and --user or --idmsg."])
    if not re.fullmatch("[TE][A-Z0-9]+", team) or not re.fullmatch("([UW][A-Z0-9]+)?", user):
        _complain(["--team takes an id such as T0123ABCD, --user one such as U0123ABCD."])
    settings, catalog = _settings(), _catalog(None)
    from bot.commands.lookup import read_ids
    from bot.commands.records import erase_data, export_data
    from bot.storage.personal_data import Subject

    message_ids, problems = read_ids([idmsg] if idmsg else [], catalog)
    if problems:
        _complain(problems)
    subject = Subject(team=team, user=user, message_id=message_ids[0] if message_ids else None)
    work = export_data if action == "export" else erase_data
    raise typer.Exit(_run(work(settings, subject)))


@_app.command()
def manifest(
    *,
    http: Annotated[str, Option(metavar="URL", help="For HTTP mode: the bot's public URL.")] = "",
    command: Annotated[
        str | None,
        Option(metavar="/NAME", help="The slash command's name, instead of BOT_COMMAND."),
    ] = None,
    language: InLanguage = None,
) -> None:
    """Print the Slack app's manifest. Example: voicestatus manifest --language pt-BR."""
    from bot.commands.manifest import print_manifest

    if problems := print_manifest(_catalog(language), http=http, command=command):
        _complain(problems)


def _settings(*needs: str) -> Settings:
    """The settings, or all their problems and exit code 2."""
    settings, problems = _settings_or_problems(*needs)
    if settings is None:
        _complain(problems)
    return settings


def _settings_or_problems(*needs: str) -> tuple[Settings | None, Sequence[str]]:
    from bot.settings.loading import Need, SettingsError, load_settings

    try:
        return load_settings([Need(need) for need in needs]), ()
    except SettingsError as error:
        return None, error.problems


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Let imports find none of these packages, which libraries use where they are installed.

    structlog and httpx would draw with them on a terminal, at 5 MiB and a sixth of the start.
    """
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment] # as the import system documents
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _complain(lines: Iterable[str]) -> NoReturn:
    for line in lines:
        typer.echo(printable(line), err=True)
    raise typer.Exit(USAGE)


def _catalog(language: Language | None) -> Catalog:
    """The catalog of a language; by default that of BOT_LANGUAGE, if valid."""
    from bot.locales import load_catalog
    from bot.settings.sources import single_setting

    # Only this setting is read: a problem in another one must not stop `explain`.
    own = None if language is not None else named_language(single_setting("BOT_LANGUAGE"))
    return load_catalog(language or own or Language.ENGLISH)


def _run(work: Coroutine[Any, Any, int]) -> int:
    gc.enable()
    try:
        return asyncio.run(work)
    except ExceptionGroup as group:
        # The reader of the output may close the pipe during look-ups.
        if group.split(BrokenPipeError)[1] is not None:
            raise
        raise BrokenPipeError from None

"""The terminal commands. Each command imports its heavy dependencies itself."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import sys
from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from bot import __version__
from bot.commands.exit_codes import FAILED, USAGE
from bot.domain.texts.catalog import Catalog, Language, named_language
from bot.domain.texts.dictionary import Found, as_record, everything, find
from bot.settings.hints import COMMAND_PATTERN, HINTS

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

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def _language(text: str) -> Language:
    language = named_language(text)
    if language is None:
        raise typer.BadParameter(f"it should be {HINTS['BOT_LANGUAGE']}.")
    return language


InLanguage = Annotated[
    Language | None,
    typer.Option(
        "--language",
        parser=_language,
        metavar="en|pt-BR",
        help="Language of the texts, instead of BOT_LANGUAGE.",
    ),
]


def main() -> None:
    """Run the command line. Typer ends it with 130 after an interrupt."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows a question mark instead.
            stream.reconfigure(errors="replace")
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
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Tells a support agent, in plain words, what happened to a phone call."""


@_app.command()
def run() -> None:
    """Connect to Slack and answer until SIGTERM or Ctrl-C."""
    settings = _settings("gateway", "slack")
    from bot.commands.run import end_at_last, run_until_stopped

    raise typer.Exit(_run(run_until_stopped(settings, stopping=end_at_last)))


@_app.command()
def lookup(
    idmsgs: Annotated[
        list[str] | None, typer.Argument(metavar="IDMSG...", show_default=False)
    ] = None,
    *,
    file: Annotated[
        str | None,
        typer.Option(
            "--file", metavar="FILE", help="A list of calls (CSV or text); - reads standard input."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write the result of --file to this file."),
    ] = None,
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
        from bot.domain.jobs.bulk import LARGEST

        max_ids = settings.bulk_max_ids if settings is not None else LARGEST
        given, bad_list = read_list(file, output, catalog, max_ids=max_ids)
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
        typer.Argument(metavar="CODE...", help="486, sip:486, gateway:023, failed:486, a word."),
    ] = None,
    *,
    everything_: Annotated[
        bool, typer.Option("--all", help="Explain the whole dictionary.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: AsJson = False,
    language: InLanguage = None,
) -> None:
    """Explain codes; needs no settings and no network."""
    if everything_ == bool(codes):
        _complain(["Give one or more codes or words, or --all for the whole dictionary."])
    catalog = _catalog(language)
    others = [_catalog(other) for other in Language]
    found = [find(code, catalog, others) for code in codes or ()]
    if everything_:
        found = [Found(term="", definitions=everything(catalog))]
    _print_found(found, catalog, as_json=as_json, markdown=markdown or everything_)
    if not all(one.definitions for one in found):
        raise typer.Exit(FAILED)


def _print_found(found: list[Found], catalog: Catalog, *, as_json: bool, markdown: bool) -> None:
    definitions = [definition for one in found for definition in one.definitions]
    if as_json:
        for definition in definitions:
            typer.echo(json.dumps(as_record(definition), ensure_ascii=False))
    elif markdown:
        from bot.commands.explain import page

        typer.echo(page(definitions, catalog), nl=False)
    else:
        from bot.commands.explain import print_found

        print_found(found, catalog)
    for one in found:
        if not one.definitions:
            typer.echo(_not_found(one, catalog), err=True)


def _not_found(found: Found, catalog: Catalog) -> str:
    title = catalog.say("explain.nothing_title", term=found.term)
    nearest = ", ".join(found.nearest)
    return f"{title}. {catalog.say('explain.nearest', words=nearest)}" if nearest else f"{title}."


@_app.command()
def sandbox(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8088,
    list_: Annotated[bool, typer.Option("--list", help="List the scripted ids and exit.")] = False,
) -> None:
    """Serve a gateway with scripted answers for trials; no call is ever made."""
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
        int | None,
        typer.Option(min=0, max=65535, help="Port of the page; 0 takes a free one."),
    ] = None,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Play a tour in the terminal instead.")
    ] = False,
) -> None:
    """Try everything in a browser, with no Slack and no gateway account."""
    own = _catalog(language).language
    if terminal:
        from bot.demo.conversation import converse

        raise typer.Exit(_run(converse(own)))
    from bot.demo.playground.serving import play

    raise typer.Exit(_run(play(own, port)))


@_app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Check this installation; each problem comes with its remedy."""
    settings = _settings("gateway", "slack")
    from bot.commands.doctor import report

    raise typer.Exit(_run(report(settings, as_json=as_json)))


@_app.command()
def jobs(
    action: Annotated[str, typer.Argument(metavar="list|cancel|retry")] = "list",
    job_id: Annotated[str, typer.Argument(metavar="ID", show_default=False)] = "",
    *,
    everything_: Annotated[bool, typer.Option("--all", help="Include finished ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """List open watches and lists, cancel one, or retry one now."""
    if action not in {"list", "cancel", "retry"} or (action == "list") == bool(job_id):
        _complain(["Give list, or cancel or retry with the id of a watch or list."])
    settings = _settings()
    from bot.commands.jobs import do_job

    raise typer.Exit(
        _run(do_job(settings, action, job_id, everything=everything_, as_json=as_json))
    )


@_app.command()
def manifest(
    *,
    http: Annotated[
        str, typer.Option(metavar="URL", help="For HTTP mode: the bot's public URL.")
    ] = "",
    command: Annotated[
        str | None,
        typer.Option(metavar="/NAME", help="The slash command's name, instead of BOT_COMMAND."),
    ] = None,
    language: InLanguage = None,
) -> None:
    """Print the manifest that creates the Slack app."""
    from bot.settings.single import single_setting
    from bot.slack.manifest import as_yaml
    from bot.slack.manifest import manifest as build

    name = (single_setting("BOT_COMMAND") or "/voicestatus") if command is None else command
    problems = []
    if http and not http.startswith("https://"):
        problems.append("--http must begin with https://, because Slack requires it.")
    if not re.fullmatch(COMMAND_PATTERN, name):
        place = "BOT_COMMAND" if command is None else "--command"
        problems.append(f"{place} is wrong. It should be {HINTS['BOT_COMMAND']}.")
    if problems:
        _complain(problems)
    data = build(_catalog(language), command=name, http_url=http or None)
    typer.echo(as_yaml(data), nl=False)


def _settings(*needs: str) -> Settings:
    """The settings, or all their problems and exit code 2."""
    settings, problems = _settings_or_problems(*needs)
    if settings is None:
        _complain(problems)
    return settings


def _settings_or_problems(*needs: str) -> tuple[Settings | None, Sequence[str]]:
    from bot.settings.settings import Need, SettingsError, load_settings

    try:
        return load_settings([Need(need) for need in needs]), ()
    except SettingsError as error:
        return None, error.problems


def _complain(lines: Iterable[str]) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(USAGE)


def _catalog(language: Language | None) -> Catalog:
    """The catalog of a language; by default that of BOT_LANGUAGE, if valid."""
    from bot.locales import load_catalog
    from bot.settings.single import single_setting

    own = None if language is not None else named_language(single_setting("BOT_LANGUAGE"))
    return load_catalog(language or own or Language.ENGLISH)


def _run(work: Coroutine[Any, Any, int]) -> int:
    try:
        return asyncio.run(work)
    except ExceptionGroup as group:
        # The reader of the output may close the pipe during look-ups.
        if group.split(BrokenPipeError)[1] is not None:
            raise
        raise BrokenPipeError from None

"""The language files: complete, alike in both languages, and each phrase used."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from babel import Locale
from babel.numbers import format_decimal, format_percent

import bot
from bot import locales
from bot.demo.conversation import _TOUR
from bot.demo.gallery import Room
from bot.demo.playground.seed_data import SEEDS, TOPICS
from bot.domain.access import Refusal
from bot.domain.alerts import Trouble
from bot.domain.call_status import COUNTED, NOT_FOUND, Outcome
from bot.domain.id_lists.id_list import ListProblem
from bot.domain.id_lists.list_words import LineProblem
from bot.domain.id_lists.result_sheet import COLUMNS
from bot.domain.input.message_id import IdProblem
from bot.domain.jobs.bulk import BulkEnding
from bot.domain.jobs.watch import Bound, Ending, NotWatchable
from bot.domain.texts.catalog import Catalog, CustomerReason, Kind, Language, Phrase, WhoActs
from bot.domain.texts.intents import INTENTS, NOTED
from bot.fake_slack.wire import Link
from bot.gateway.protocol import errors
from bot.slack.bulk.tables import _COLUMNS
from bot.slack.cards.buttons import Action
from bot.slack.files.file_objects import FileProblem
from bot.slack.lookups.messages import _LISTED, _WAYS
from bot.slack.watches.notes import LIMITS
from bot.storage.errors import StorageError
from tests.support.sip_codes import SIP_CODES
from tests.support.wording import EN, PT

CATALOGS = pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])
FILES = {
    name: tomllib.loads(resources.files("bot.locales").joinpath(name).read_text("utf-8"))
    for name in ("codes.toml", "en.toml", "pt_BR.toml")
}
ROOT = Path(str(bot.__file__)).parent


# The most words, and the form.
PARTS = {
    "title": (
        6,
        "a reason in lower case, without a full stop or a colon",
        r"(?![A-Z][^A-Z])[^.!?:]+",
    ),
    "meaning": (35, "sentences", r".+\."),
    "advice": (20, "one sentence", r"(?!.*\. ).+\."),
}


def forms_of(name: str, kind: Kind, code: str, entry: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the texts of an entry, each with its file and its key."""
    where = f"{name} [{kind.value}.{code}]"
    words = entry.get("words", [])
    yield from (f"{where} has {part}" for part in {*entry} - {*PARTS, "words"})
    for text in (*(entry[part] for part in PARTS), *words):
        if not text or text.strip() != text or {*"{}"} & {*text}:
            yield f"{where} is empty, begins or ends with a blank, or has braces: {text!r}"
    for part, (most, form, pattern) in PARTS.items():
        text = entry[part]
        if len(text.split()) > most or not re.fullmatch(pattern, text):
            yield f"{where} {part} is not {form}, of at most {most} words: {text!r}"
    if len({*words}) < len(words):
        yield f"{where} words stand twice"


@pytest.mark.parametrize("name", ["en.toml", "pt_BR.toml"])
def test_the_texts_of_a_code_have_their_form(name: str) -> None:
    """A title is a short reason, an advice one sentence; nothing is filled in."""
    texts = [(kind, *entry) for kind in Kind for entry in FILES[name][kind.value].items()]

    assert [] == [odd for entry in texts for odd in forms_of(name, *entry)]


def loaded(monkeypatch: pytest.MonkeyPatch, files: Mapping[str, Any]) -> str:
    """What the loader says of these files."""
    monkeypatch.setattr(locales, "_read", files.__getitem__)
    monkeypatch.setattr(locales, "_facts", locales._facts.__wrapped__)
    with pytest.raises(ValueError, match="bot/locales") as caught:
        locales.load_catalog.__wrapped__(Language.ENGLISH)
    return str(caught.value)


def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By file, code and part, in every language."""
    files = deepcopy(FILES)
    del files["codes.toml"]["gateway"]["024"]["retry"]
    files["codes.toml"]["sip"]["7b"] = {"who_acts": "nobody", "retry": "no"}
    files["en.toml"]["sip"]["7b"] = {"title": "", "meaning": "Nothing.", "advice": "Wait."}
    files["pt_BR.toml"]["sip"]["7a"] = dict(files["pt_BR.toml"]["sip"]["486"])

    assert [
        "bot/locales/codes.toml has no [sip.7a] who_acts, retry",
        "bot/locales/en.toml has no [sip.7a] title, meaning, advice",
        "bot/locales/en.toml has no [sip.7b] title",
        "bot/locales/pt_BR.toml has no [sip.7b] title, meaning, advice",
        "bot/locales/codes.toml has no [gateway.024] retry",
    ] == loaded(monkeypatch, files).split("\n")[1:]


@pytest.mark.parametrize(("part", "value"), [("retry", "often"), ("retries", "no")])
def test_what_a_code_cannot_be_is_named(
    monkeypatch: pytest.MonkeyPatch, part: str, value: str
) -> None:
    """A value or a key that does not exist, with its code."""
    files = deepcopy(FILES)
    files["codes.toml"]["sip"]["486"][part] = value
    said = loaded(monkeypatch, files)

    assert said.startswith("bot/locales [sip.486]: ")
    assert (part if value == "no" else value) in said


def test_no_file_has_a_table_that_nobody_reads() -> None:
    """Beside the kinds of code there are phrases, numbers and durations, and nothing else."""
    kinds = {kind.value for kind in Kind}

    assert kinds == set(FILES["codes.toml"])
    assert {*kinds, "phrase", "writing"} == set(FILES["en.toml"]) == set(FILES["pt_BR.toml"])


def test_both_languages_have_the_same_phrases() -> None:
    """Under the same names, and in plural forms where the other has them."""
    english, portuguese = EN.phrases, PT.phrases

    assert [] == [f"en.toml has no [phrase] {name}" for name in {*portuguese} - {*english}]
    assert [] == [f"pt_BR.toml has no [phrase] {name}" for name in {*english} - {*portuguese}]
    assert [] == [
        n for n in english if isinstance(english[n], str) != isinstance(portuguese[n], str)
    ]


def forms(phrase: Phrase) -> dict[str, str]:
    """The texts of a phrase by their plural form."""
    return {"other": phrase} if isinstance(phrase, str) else dict(phrase)


def placeholders(text: str) -> set[str | None]:
    """The names in braces."""
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_a_phrase_takes_the_same_values_in_both_languages() -> None:
    """No language forgets a value; only the form for one may leave out the count."""
    odd = []
    for name, phrase in EN.phrases.items():
        expected = placeholders(forms(phrase)["other"])
        odd += [(name, one) for one in expected if not re.fullmatch("[a-z_]+", str(one))]
        for form, text in [*forms(phrase).items(), *forms(PT.phrases[name]).items()]:
            optional = {"count"} if form == "one" else set()
            if expected - optional != placeholders(text) - optional:
                odd.append((name, text))
    assert [] == odd


@CATALOGS
def test_plural_forms_are_those_of_the_language(catalog: Catalog) -> None:
    """`one` and `other` as CLDR has them; its form `many` is served by `other`."""
    locale = Locale.parse(catalog.language.value, sep="-")
    plurals = {n: p for n, p in catalog.phrases.items() if not isinstance(p, str)}

    assert plurals
    for name, phrase in plurals.items():
        assert {"one", "other"} == set(phrase), name
    for count in (0, 1, 2, 5, 1_000_000):
        is_one = locale.plural_form(count) == "one"
        assert ("one" if is_one else "other") == catalog.writing.plural(count)


@CATALOGS
def test_numbers_are_written_as_babel_writes_them(catalog: Catalog) -> None:
    """A second opinion by the data of CLDR, on separators and percents."""
    locale, writing = Locale.parse(catalog.language.value, sep="-"), catalog.writing

    for count in (0, 1, 2, 999, 1_000, 12_345, 6_789_012, -4_500):
        assert format_decimal(count, locale=locale) == writing.number(count)
    for part in (0, 1, 5, 625, 999, 1_000):
        share = format_percent(Decimal(part) / 1_000, format="#,##0.#%", locale=locale)
        assert share == writing.share(part, 1_000)


@CATALOGS
def test_every_sip_code_has_its_registered_phrase(catalog: Catalog) -> None:
    """Each of the 77 codes has an entry of its own, and so has each class; others may join them."""
    found = {entry.code: entry for entry in catalog.of_kind(Kind.SIP)}
    listed = {str(code): phrase for code, phrase in SIP_CODES}

    assert 77 == len(SIP_CODES)
    assert listed == {code: found[code].phrase for code in listed}
    assert {f"{digit}xx" for digit in range(1, 7)} <= set(found)
    assert {"409", "411"} == {code for code in listed if not found[code].registered}
    assert [] == [c for c in listed if not re.fullmatch(r"RFC [0-9]{4}.*", found[c].source)]


FREQUENT = {
    *(200, 300, 301, 302, 305, 380, *range(400, 418), 420, *range(480, 489), 491, 493),
    *(*range(500, 506), 513, 580, 600, 603, 604, 606, 607, 608),
} - {409, 411, 412, 417}


@CATALOGS
def test_a_frequent_code_has_texts_of_its_own(catalog: Catalog) -> None:
    """Neither meaning nor advice nor title is its class's or a mere copy of the phrase."""
    for code in sorted(FREQUENT):
        entry, group = catalog.sip(code), catalog.entries[Kind.SIP, f"{code // 100}xx"]
        assert entry.frequent, code
        assert entry.title.casefold() != entry.phrase.casefold()
        assert {entry.title, entry.meaning, entry.advice}.isdisjoint(
            {group.title, group.meaning, group.advice}
        ), code


@CATALOGS
def test_no_text_stands_twice(catalog: Catalog) -> None:
    """Two codes may ask for the same act, but each says what is its own."""
    texts = Counter(
        text
        for entry in catalog.entries.values()
        for text in (entry.title, entry.meaning, entry.advice)
    )

    assert [] == [text for text, times in texts.items() if times > 1]


@CATALOGS
def test_the_contacts_of_the_specification_are_named(catalog: Catalog) -> None:
    """As the specification writes them, in the advice and as the contact of the entry."""
    contacts = {"8xx": "Suporte Mobi Pronto", "9xx": "Equipe MobilePronto"}
    entries = [catalog.entries[Kind.GATEWAY, code] for code in contacts]

    assert [*contacts.values()] == [entry.contact for entry in entries]
    assert [] == [entry.code for entry in entries if entry.contact not in entry.advice]


@CATALOGS
def test_an_advice_names_the_admins_where_they_act(catalog: Catalog) -> None:
    """Only there a card puts their contact into it."""
    admins = catalog.say("who.bot_admin")
    naming = [entry for entry in catalog.entries.values() if admins in entry.advice]

    assert naming
    assert [] == [one.code for one in naming if one.who_acts is not WhoActs.BOT_ADMIN]


def error_codes(kind: type[errors.GatewayError] = errors.GatewayError) -> Iterator[str]:
    """The code of every class of the error tree that has one."""
    if "code" in vars(kind):
        yield kind.code
    for below in kind.__subclasses__():
        yield from error_codes(below)


def test_every_error_has_an_entry() -> None:
    """The errors of the gateway and of the database, and the language files name the same codes."""
    codes = {*error_codes(), StorageError.code}

    assert codes == {entry.code for entry in EN.of_kind(Kind.ERROR)}


@CATALOGS
def test_a_gateway_code_with_its_own_icon_has_its_own_count(catalog: Catalog) -> None:
    """The icon decides, so the count must not be missing."""
    names = [name for name in catalog.phrases if name.startswith("icon.gateway.")]

    assert [f"icon.{NOT_FOUND}"] == names
    for name in names:
        assert name.replace("icon", "count", 1) in catalog.phrases
        assert (Kind.GATEWAY, name.rpartition(".")[2]) in catalog.entries


def test_every_outcome_has_an_entry() -> None:
    """What the result of a look-up can be is explained, a failed look-up included."""
    assert {outcome.value for outcome in Outcome} == {e.code for e in EN.of_kind(Kind.OUTCOME)}


# What the parts of a phrase's name stand for where the code puts the name together.
WITH_REASON = ("failed", "error", "blocked")
TOLD_CUSTOMERS = ("answered", "answered_briefly", "machine", "pending", "checking")
DETAILS = ("raw", "error", "meaning", "who", "sip", "q850", "source", "checked")
SHORTCUTS = ("message", "global")
OTHER_WAYS_IN = ("customer", "watch", "mention", "shortcut", "direct", "home")
AFTER_ANSWER = ("failed", "error")
WHERE = ("directly", "in_thread")
WATCHING = (
    *("watching_title", "watching_none_title", "watching", "watched_before", "not_watched"),
)
WHY_HERE = ("moved", "gone")
STOPPED = ("over", "not_yours", "not_kept", "none_pending")
FINER = ("answered_briefly", NOT_FOUND)
HEALTH = [
    *("down", "paused", "bad", "since_good", "no_good_yet", "never", "good", "recovered"),
]
PATTERNS: dict[str, list[str]] = {
    "icon.{}": [f"icon.{one}" for one in (*Outcome, *FINER)],
    "count.{}": [f"count.{one}" for one in COUNTED],
    "headline.{}": [f"headline.{one}" for one in (*Outcome, "answered_briefly")],
    "headline.{}_after_answer": [f"headline.{one}_after_answer" for one in AFTER_ANSWER],
    "{}_because": [f"headline.{one}_because" for one in WITH_REASON],
    "who.{}": [f"who.{one}" for one in WhoActs],
    "list.problem.{}": [f"list.problem.{one}" for one in ListProblem],
    "list.ignored.{}": [f"list.ignored.{one}" for one in LineProblem],
    "sheet.{}": [f"sheet.{one}" for one in COLUMNS],
    "problem.{}": [f"problem.{one}" for one in IdProblem],
    "health.{}": [f"health.{one}" for one in HEALTH],
    "health.{}_title": [
        f"health.{one}_title" for one in ("down", "paused", "bad", "good", "never")
    ],
    "watch.hindered.{}": [f"watch.hindered.{one}" for one in NotWatchable],
    "watch.needless.{}": [f"watch.needless.{one}" for one in NotWatchable],
    "watch.no_room.{}": [f"watch.no_room.{one}" for one in set(Bound) - {Bound.DAY}],
    "bulk.over.{}": [f"bulk.over.{one}" for one in BulkEnding],
    "bulk.report.{}": [f"bulk.report.{one}" for one in (*BulkEnding, *WHY_HERE)],
    "bulk.page.{}": [f"bulk.page.{one}" for one in ("before", "next")],
    "bulk.table.{}": [f"bulk.table.{one}" for one in _COLUMNS],
    "bulk.modal.{}": [f"bulk.modal.{one}" for one in ("check", "start")],
    "{}_title": [],  # of `titled` itself, whose callers name the phrase
    "bulk.note.{}": [f"bulk.note.{one}" for one in (*WHERE, *STOPPED, *WATCHING)],
    "bulk.note.{}_title": [f"bulk.note.{one}_title" for one in STOPPED],
    "watch.limit.{}": [f"watch.limit.{one}" for one in LIMITS],
    # At the limit there is more to say than one phrase.
    "notice.{}": [f"notice.{one}" for one in (*Ending, *WHY_HERE)],
    "moment.{}": [f"moment.{one}" for one in ("gateway_down", "paused")],
    "{}_body": [f"admin.{one}{end}" for one in Trouble for end in ("", "_body")],
    "refusal.{}": [f"refusal.{one}" for one in Refusal],
    "kind.{}": [f"kind.{one}" for one in Kind],
    "help.{}": [f"help.{one}" for one in (*_WAYS, *_LISTED)],
    "intent.{}": [f"intent.{one}" for one in ("asks", "code", *INTENTS)],
    "first.{}": [f"first.{one}" for one in NOTED],
    "first.{}_how": [f"first.{one}_how" for one in ("watch", "share")],
    "outcome_word.{}": [f"outcome_word.{one}" for one in COUNTED],
    "button.{}": ["button.again", *(f"button.{one.value.removeprefix('card_')}" for one in Action)],
    "customer.{}": [f"customer.{one}" for one in (*CustomerReason, *TOLD_CUSTOMERS)],
    "details.{}": [f"details.{one}" for one in DETAILS],
    "home.language_{}": [f"home.language_{one.name.lower()}" for one in Language],
    "file.{}": [f"file.{one}" for one in FileProblem],
    "modal.{}": [f"modal.{one}" for one in ("none", "doubtful", "many")],
    "manifest.{}_shortcut": [f"manifest.{one}_shortcut" for one in SHORTCUTS],
    "manifest.{}_shortcut_description": [
        f"manifest.{one}_shortcut_description" for one in SHORTCUTS
    ],
    # Who sees an answer of the demo travels in a variable.
    "demo.{}": [f"demo.{one}" for one in ("private", "thread", "public")],
    # The playground's page says most of its phrases; these have names that were put together.
    "playground.{}": [f"playground.{one}" for one in (*SEEDS, *TOPICS.values())],
    "playground.topic_{}": [f"playground.topic_{one}" for one in ("home", "direct")],
    "playground.room_{}": [f"playground.room_{one}" for one in Room],
    "playground.wire_{}": [f"playground.wire_{one}" for one in Link],
    "demo.why_{}": [f"demo.why_{one}" for one in (*dict(_TOUR), *OTHER_WAYS_IN, "language")],
}


@cache
def tree(path: Path) -> ast.Module:
    """A module as Python reads it."""
    return ast.parse(path.read_text("utf-8"))


def names_in(path: Path) -> Iterator[str]:
    """The phrases that a module names; what is put in at run time as empty braces."""
    prefix = "demo." if path == ROOT / "demo/conversation.py" else ""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(func=ast.Attribute(attr="say", value=ast.Attribute(attr="person"))):
                pass  # what a person writes in the demo
            case ast.Call(func=ast.Attribute(attr="say"), args=[a, *_]):
                yield from literals(a)
            case ast.Call(func=ast.Attribute(attr="note" | "hint"), args=args):
                yield from (name for a in args for name in literals(a))
            case ast.Call(func=ast.Attribute(attr="titled"), args=[a, *_]):
                yield from (f"{name}{end}" for name in literals(a) for end in ("", "_title"))
            case ast.Call(func=ast.Name(id="say") | ast.Attribute(attr="_say"), args=[a, *_]):
                # The demo has a `_say` that puts `demo.` in front.
                yield from (prefix + name for name in literals(a))


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that an expression can be: a literal, one of two, or a pattern."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=yes, orelse=no):
            yield from (*literals(yes), *literals(no))
        case ast.JoinedStr(values=parts):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "{}" for p in parts)


def names_in_page(path: Path) -> Iterator[str]:
    """The phrases that a script of the playground says."""
    script = path.read_text("utf-8")
    yield from (f"playground.{name}" for name in re.findall(r'\bsay\("(\w+)"', script))
    yield from (f"playground.{name}" for name in re.findall(r"one\.texts\.(\w+)", script))
    yield from (f"playground.{name}{{}}" for name in re.findall(r"\bsay\(`(\w+)\$\{", script))


def constants_in_page(path: Path) -> Iterator[str]:
    """All words of a script that stand in quotes, for names that travel in a variable."""
    script = path.read_text("utf-8")
    yield from (f"playground.{word}" for word in re.findall(r'"(\w+)"', script))


def constants_in(path: Path) -> Iterator[str]:
    """All texts of a module, for names that travel in a variable."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def in_all(find: Callable[[Path], Iterator[str]]) -> set[str]:
    """What is found in the modules of the package together."""
    return {name for path in ROOT.rglob("*.py") for name in find(path)}


def in_page(find: Callable[[Path], Iterator[str]]) -> set[str]:
    """What is found in the scripts of the playground's page together."""
    return {name for path in ROOT.rglob("*.js") for name in find(path)}


def test_every_phrase_that_is_said_exists() -> None:
    """A name in the code, whole or put together, has its phrase; patterns are listed above."""
    said = in_all(names_in) | in_page(names_in_page)
    patterns = {name for name in said if "{}" in name}

    assert set() == patterns - set(PATTERNS)
    assert set() == said - patterns - set(EN.phrases)
    assert set() == {n for made in PATTERNS.values() for n in made} - set(EN.phrases)


def test_no_phrase_is_unused() -> None:
    """Every phrase is said somewhere; what is never said is not kept in two languages."""
    made = {name for names in PATTERNS.values() for name in names}

    said = in_all(names_in) | in_all(constants_in)
    said |= in_page(names_in_page) | in_page(constants_in_page)

    assert set() == set(EN.phrases) - made - said


def runs(text: str) -> set[tuple[str, ...]]:
    """Every six words in a row."""
    words = re.findall(r"[^\W\d_]+", text.casefold())
    return {tuple(words[start : start + 6]) for start in range(len(words) - 5)}


def texts_of(catalog: Catalog) -> Iterator[str]:
    """Everything that the bot can say in a language."""
    for entry in catalog.entries.values():
        yield from (entry.title, entry.meaning, entry.advice)
    for phrase in catalog.phrases.values():
        yield from forms(phrase).values()


def strings_in(path: Path) -> Iterator[str]:
    """All texts of a module but the docstrings."""
    nodes = [*ast.walk(tree(path))]
    docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from () if node in docstrings else (node.value,)


def test_no_test_holds_a_sentence_that_people_read() -> None:
    """Whoever rewords a text runs `make cards`, and no other test fails."""
    said = {run for catalog in (EN, PT) for text in texts_of(catalog) for run in runs(text)}
    tests = (p for p in Path(__file__).parent.rglob("*.py") if runs(p.read_text("utf-8")) & said)

    assert [] == [
        (path.name, text) for path in tests for text in strings_in(path) if runs(text) & said
    ]

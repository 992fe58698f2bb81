"""The product's texts in one language: the codes, and the phrases of each surface.

A catalog is plain data; `bot.locales` reads the language files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from bot.domain.input.message_id import folded


class Language(StrEnum):
    """A supported language, named as in BCP 47."""

    ENGLISH = "en"
    PORTUGUESE = "pt-BR"


# Folded, with hyphens.
_ENGLISH: Final = ("en", "en-us", "en-gb", "english", "ingles")
_PORTUGUESE: Final = ("pt", "pt-br", "ptbr", "portuguese", "portugues")
_NAMES: Final = dict.fromkeys(_ENGLISH, Language.ENGLISH) | dict.fromkeys(
    _PORTUGUESE, Language.PORTUGUESE
)


def named_language(text: str) -> Language | None:
    """The language that a word or a locale names, in either language; `None` if unknown.

    Case, accents and the choice between hyphen and underscore do not matter.
    """
    return _NAMES.get(folded(text.strip()).replace("_", "-"))


class Kind(StrEnum):
    """The family of a code; the same digits mean different things in each."""

    SIP = "sip"
    GATEWAY = "gateway"
    OUTCOME = "outcome"
    ERROR = "error"


class WhoActs(StrEnum):
    """Who must take the next step."""

    AGENT = "agent"
    SENDER = "sender"
    BOT_ADMIN = "bot_admin"
    GATEWAY = "gateway"
    CARRIER = "carrier"
    CALLEE = "callee"
    NOBODY = "nobody"

    @property
    def is_another(self) -> bool:
        """Whether someone other than the user has to act."""
        return self not in {WhoActs.AGENT, WhoActs.NOBODY}


class Retry(StrEnum):
    """Whether trying again makes sense.

    For SIP codes and for outcomes of a call it is about calling the same number again; for gateway
    codes, errors and outcomes without a verdict about asking the gateway again. `YES` is within a
    minute, `LATER` some minutes or more, `NO` not unless something is changed.
    """

    YES = "yes"
    LATER = "later"
    NO = "no"


class CustomerReason(StrEnum):
    """Why a call did not go through, as reported to a customer; `customer.*` phrases."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    DECLINED = "declined"
    BLOCKED = "blocked"
    NETWORK = "network"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One code in one language.

    Attributes:
        code: "486", "4xx", "023", "8xx", "machine", "timeout".
        title: a lower-case phrase, without a full stop.
        meaning: plain sentences.
        advice: what to do next.
        source: RFC section or specification; empty for the bot's own errors.
        phrase: the SIP reason phrase as registered with IANA; empty elsewhere.
        q850: causes of ITU-T Q.850 that RFC 3398 pairs with a SIP code.
        contact: whom the gateway's specification names; empty elsewhere.
        words: what people call it beside its title ("voicemail"); searched, never shown.
        barring: the code itself says who or what barred the call.
        registered: in IANA's registry of SIP response codes.
        customer: the reason a customer may read for this code.
    """

    kind: Kind
    code: str
    title: str
    meaning: str
    advice: str
    who_acts: WhoActs
    retry: Retry
    source: str = ""
    phrase: str = ""
    q850: tuple[int, ...] = ()
    contact: str = ""
    words: tuple[str, ...] = ()
    barring: bool = False
    registered: bool = True
    frequent: bool = False
    customer: CustomerReason = CustomerReason.UNKNOWN

    @property
    def heading(self) -> str:
        """The title with a capital letter."""
        return capitalised(self.title)

    @property
    def is_group(self) -> bool:
        """Whether the entry covers many codes, such as "4xx" or "undocumented"."""
        return not self.code.isdigit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a language writes numbers, as CLDR has it (https://cldr.unicode.org).

    Attributes:
        comma: decimals follow a comma, and thousands are apart by dots, instead of the reverse.
        none_is_one: no thing at all is singular.
    """

    comma: bool
    none_is_one: bool

    def plural(self, count: int) -> str:
        """The plural category, `one` or `other`."""
        return "one" if count == 1 or (self.none_is_one and count == 0) else "other"

    def number(self, number: int) -> str:
        """A whole number with thousands apart, as in "3,000" and in "3.000"."""
        return self._written(f"{number:,}")

    def share(self, part: int, whole: int) -> str:
        """A part of a whole (of 1 or more) in percent, at most one decimal, as in "62.5%".

        Neither 0 % where there is something, nor 100 % where something is missing.
        """
        thousandths = (2 * _THOUSAND * part + whole) // (2 * whole)
        if 0 < part < whole:
            thousandths = min(max(1, thousandths), _THOUSAND - 1)
        return self._written(f"{Decimal(thousandths) / 10:.1f}".removesuffix(".0")) + "%"

    def duration(self, seconds: Decimal) -> str:
        """As in "0 s", "5.5 s", "1 min 25 s" or "2 h"; whole seconds from ten on."""
        exact = seconds.quantize(_CENT, rounding=ROUND_HALF_UP)
        if exact < _TEN:
            return self._written(f"{exact.normalize():f} s")
        minutes, rest = divmod(int(seconds.quantize(1, rounding=ROUND_HALF_UP)), _MINUTE)
        hours, minutes = divmod(minutes, 60)
        parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
        return " ".join(f"{self.number(amount)} {unit}" for amount, unit in parts if amount)

    def _written(self, english: str) -> str:
        return english.translate(_SWAPPED) if self.comma else english


Phrase = str | Mapping[str, str]

_CENT: Final = Decimal("0.01")
_TEN: Final = 10
_MINUTE: Final = 60
_THOUSAND: Final = 1_000
_SWAPPED: Final = {ord(","): ".", ord("."): ","}
_RANGES: Final = ((range(800, 900), "8xx"), (range(901, 1000), "9xx"))
_UNDOCUMENTED: Final = "undocumented"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The codes and phrases of one language.

    Attributes:
        entries: by kind and code.
        phrases: by dotted name, such as "card.next_step"; a mapping contains plural forms.
    """

    language: Language
    entries: Mapping[tuple[Kind, str], Entry] = field(repr=False)
    phrases: Mapping[str, Phrase] = field(repr=False)
    writing: Writing = field(repr=False)

    def sip(self, code: int) -> Entry:
        """The entry of a SIP code, 100 to 699; of its class where it is not listed.

        RFC 3261, section 8.1.3.2: an unknown final response counts as x00 of its class.
        """
        listed = self.entries.get((Kind.SIP, str(code)))
        return listed or self.entries[Kind.SIP, f"{code // 100}xx"]

    def gateway(self, code: str) -> Entry:
        """The entry of a three-digit gateway code; an undocumented one has a neutral entry."""
        listed = self.entries.get((Kind.GATEWAY, code))
        if listed is not None:
            return listed
        group = next((name for codes, name in _RANGES if int(code) in codes), _UNDOCUMENTED)
        return self.entries[Kind.GATEWAY, group]

    def outcome(self, name: str) -> Entry:
        """The entry of a call outcome."""
        return self.entries[Kind.OUTCOME, name]

    def error(self, code: str) -> Entry:
        """The entry of an error of the bot's own error tree."""
        return self.entries[Kind.ERROR, code]

    def of_kind(self, kind: Kind) -> Iterator[Entry]:
        """All entries of one kind, in the order of their codes."""
        return (entry for entry in self.entries.values() if entry.kind is kind)

    def say(self, name: str, /, **values: object) -> str:
        """A phrase with its values filled in; `count` chooses the plural form.

        Whole numbers are written as the language does; a numeric name is passed as text.

        Raises:
            KeyError: the phrase does not exist; a test proves that none is missing.
        """
        phrase = self.phrases[name]
        written = {
            key: self.writing.number(value) if type(value) is int else value
            for key, value in values.items()
        }
        if isinstance(phrase, str):
            return phrase.format(**written)
        count = values["count"]
        if not isinstance(count, int):
            raise TypeError("a plural phrase takes a whole number as count")
        return phrase[self.writing.plural(count)].format(**written)

    def counted(self, count: int, *, more: bool) -> int | str:
        """A number for a phrase, or that there are more than that."""
        return self.say("too_many.more_than", count=count) if more else count


def capitalised(text: str) -> str:
    """The text with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]

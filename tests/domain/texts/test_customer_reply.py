"""The reply for the customer: which one is chosen, and what none of them may say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.call_status import CallStatus, Finding, LookupFailure, Outcome, read_result
from bot.domain.texts.catalog import Catalog, CustomerReason, Kind
from bot.domain.texts.explanation import customer_reply
from tests.support.wording import EN, PT, say

CATALOGS = pytest.mark.parametrize("catalog", [EN, PT], ids=["en", "pt-BR"])


@pytest.mark.parametrize(
    ("raw", "phrase"),
    [
        ("ok:85.00", "answered"),
        ("ok:6.01", "answered"),
        ("ok:6.00", "answered_briefly"),
        ("ok:0", "answered_briefly"),
        ("ok:", "answered"),  # how long is not known
        ("failed:486", "busy"),
        ("failed:600", "busy"),
        ("failed:480", "no_answer"),
        ("failed:408", "no_answer"),
        ("failed:487", "no_answer"),
        ("failed:404", "wrong_number"),
        ("failed:410", "wrong_number"),
        ("failed:484", "wrong_number"),
        ("failed:604", "wrong_number"),
        ("failed:603", "declined"),
        ("failed:607", "declined"),
        ("failed:403", "blocked"),
        ("failed:608", "blocked"),
        ("failed:503", "network"),
        ("failed:488", "network"),
        ("failed:599", "network"),  # not listed: by its class
        ("failed:402", "unknown"),  # the sender's account is no matter of the customer's
        ("failed:499", "unknown"),
        ("failed:701", "unknown"),
        ("failed:", "unknown"),
        ("failed:200", "interrupted"),
        ("error:200", "interrupted"),
        ("error:503", "interrupted"),
        ("error:499", "interrupted"),
        ("error:", "interrupted"),
        ("error:486", "busy"),
        ("blocked:608", "blocked"),
        ("blocked:404", "blocked"),  # the word is more specific than the code
        ("blocked:", "blocked"),
        ("blocked:607", "declined"),
        ("machine:200", "machine"),
        ("machine:486", "machine"),
        ("machine:", "machine"),
        ("024", "pending"),
        ("023", "checking"),
        ("001", "checking"),
        ("850", "checking"),
        ("900", "checking"),
        ("777", "checking"),
        ("what", "checking"),
    ],
)
def test_each_result_has_its_reply(raw: str, phrase: str) -> None:
    """By the outcome, and by the reason if the call did not go through."""
    assert say(f"customer.{phrase}") == customer_reply(read_result(raw), EN)
    assert say(f"customer.{phrase}", PT) == customer_reply(read_result(raw), PT)


@CATALOGS
def test_a_failed_look_up_says_nothing_about_the_call(catalog: Catalog) -> None:
    """For every error, the customer reads that it is being checked."""
    for entry in catalog.of_kind(Kind.ERROR):
        failure = LookupFailure(error=entry.code, detail="HTTP 502")
        assert catalog.say("customer.checking") == customer_reply(failure, catalog)


def _replies(catalog: Catalog) -> Iterator[tuple[str, str]]:
    prefix = "customer."
    for name, phrase in catalog.phrases.items():
        if name.startswith(prefix):
            assert isinstance(phrase, str)
            yield name.removeprefix(prefix), phrase


@CATALOGS
def test_every_reason_has_a_reply_of_its_own(catalog: Catalog) -> None:
    """No reply is missing, none is unused, no two are alike."""
    others = {"answered", "answered_briefly", "machine", "pending", "checking"}
    replies = dict(_replies(catalog))

    assert others | set(CustomerReason) == set(replies)
    assert len(replies) == len(set(replies.values()))


_NEVER = re.compile(
    r"[0-9{}<>*`!_]"  # codes, places to fill, mark-up
    r"|\b(?:sip|idmsg|gateway|id|c[oó]digo|(?<!area )code|status|servidor|server|rede|network"
    r"|operadora|carrier|bot|slack|erro|error|rota|route|torpedo|codec|provedor|provider)\b"
    r"|\b(?:culpa|fault|voc[êe] (?:recusou|rejeitou|não atendeu|bloqueou|desligou)"
    r"|you (?:declined|rejected|did not answer|blocked|hung up))\b"
    # Guesses: who or what ended the call is not known.
    r"|\b(?:declin\w+|refus\w+|reject\w+|(?:not|was) accepted|recus\w+|rejeit\w+|aceit[ao]"
    r"|barr\w+|machine|voicemail|m[áa]quina|caixa postal)\b"
    r"|\b(?:vamos|ligaremos|tentaremos|retornaremos|garant\w+|promet\w+|em breve"
    r"|we will|we'll|guarantee\w*|promise\w*|soon|shortly)\b",
    re.IGNORECASE,
)


@CATALOGS
def test_no_reply_says_what_a_customer_should_not_read(catalog: Catalog) -> None:
    """No technical word, no id, no blame, no promise; short enough to be read."""
    for name, reply in _replies(catalog):
        assert _NEVER.search(reply) is None, (name, _NEVER.search(reply))
        assert 60 < len(reply) < 300, name
        assert reply == " ".join(reply.split()), name


@CATALOGS
def test_all_replies_begin_with_the_same_greeting(catalog: Catalog) -> None:
    """The first sentence is one for all."""
    greetings = {re.split(r"(?<=[.?!]) ", reply)[0] for _, reply in _replies(catalog)}

    assert 1 == len(greetings), greetings


def test_a_customer_is_spoken_to_as_agents_do_in_brazil() -> None:
    """With "você", and without a form for one sex only."""
    another_form = re.compile(r"\b(?:o senhor|a senhora|obrigad[oa]|cliente|tu|te)\b")

    assert [] == [name for name, reply in _replies(PT) if "você" not in reply.lower()]
    assert [] == [name for name, reply in _replies(PT) if another_form.search(reply)]


findings = st.one_of(
    st.builds(
        CallStatus,
        outcome=st.sampled_from([o for o in Outcome if o is not Outcome.LOOKUP_FAILED]),
        raw=st.just("secret"),
        sip_code=st.none() | st.integers(100, 699),
        other_code=st.none(),
        duration=st.none() | st.decimals(0, 999, places=2).map(Decimal),
        off_format=st.booleans(),
    ),
    st.text(max_size=12).map(read_result),
    st.builds(LookupFailure, error=st.sampled_from([e.code for e in EN.of_kind(Kind.ERROR)])),
)


@given(findings, st.sampled_from([EN, PT]))
def test_every_finding_has_a_reply(finding: Finding, catalog: Catalog) -> None:
    """One of the texts of the language file, verbatim."""
    assert customer_reply(finding, catalog) in dict(_replies(catalog)).values()


def test_every_code_of_the_data_has_a_reason_in_both_languages() -> None:
    """The facts are the same in both; the codes of the gateway give none."""
    reasons = {key: entry.customer for key, entry in EN.entries.items()}

    assert reasons == {key: entry.customer for key, entry in PT.entries.items()}
    assert {CustomerReason.UNKNOWN} == {
        entry.customer for kind in (Kind.GATEWAY, Kind.ERROR) for entry in EN.of_kind(kind)
    }

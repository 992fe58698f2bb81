"""IDMSGs in a text that was written for people: certain, doubtful, or neither."""

from __future__ import annotations

import pytest

from bot.domain.input.found_ids import FoundIds, find_ids
from bot.domain.input.message_id import MessageId

REAL, OTHER = "MPG000236180474", "MPG000027109145-21611143"


def certain(text: str) -> list[str]:
    """The certain ids of one text, which has no doubtful word."""
    found = find_ids([text])
    assert () == found.doubtful
    return [one.value for one in found.ids]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (REAL, [REAL]),
        (f"O cliente não recebeu a ligação {REAL}, pode ver?", [REAL]),
        (f"({OTHER})", [OTHER]),
        ("mpg000236180474 Mpg000236180475", ["mpg000236180474", "Mpg000236180475"]),
        (f"{OTHER} {REAL} {OTHER}", [OTHER, REAL]),  # once, in the order of the text
        (f"{REAL}.", [REAL]),
        (f"- {REAL}\n-{OTHER}", [REAL, OTHER]),
        (f"{REAL}/{OTHER}|{REAL}", [REAL, OTHER]),
        (f"{REAL};5511987654321;2024-05-12 10:30:45;failed:486;12,50", [REAL]),  # a line of a CSV
        (f'"{REAL}","(11) 98765-4321","85.00"', [REAL]),
        (f"> {REAL}\r\n> Enviado em 12/05/2024 por maria@example.com", [REAL]),
        (f"```\nGET /status {REAL}\n```", [REAL]),
        (f"*{REAL}* _{OTHER}_ ~MPG000000000003~", [REAL, OTHER, "MPG000000000003"]),
        (f"gravacao_{REAL}.wav", [REAL]),
        (f"<{REAL}>", [REAL]),
        (f"https://crm.example.com/calls/{REAL}?tab=1#top", [REAL]),
        (f"https://crm.example.com/?idmsg={OTHER}&x=1", [OTHER]),
        ("https://crm.example.com/?idmsg=12345678910&order=98765432199", ["12345678910"]),
        (f"www.example.com/{REAL}, crm.example.com.br/{OTHER}", [REAL, OTHER]),
        (f"https://safe.example/?u=https%3A%2F%2Fcrm%2F%3Fidmsg%3D{REAL}%26d", [REAL]),
        (f"https://safe.example/?u=https%253A%252F%252Fcrm%252F{REAL}", [REAL]),  # twice wrapped
        (f"mailto:{REAL}@example.com", [REAL]),
        (f"ligar: +55 11 98765-4321 ({REAL})", [REAL]),
        ("MPG11987654321", ["MPG11987654321"]),
        (f"{REAL}-{REAL[:-1]}5", [REAL, f"{REAL[:-1]}5"]),
        (f"{REAL}{OTHER}", [REAL, OTHER]),  # a line break was lost
        (f"MPG 000236180474, mpg-{OTHER[3:]}", [REAL, f"mpg{OTHER[3:]}"]),
        (f"IDMSG-{REAL} ID-{OTHER}", [REAL, OTHER]),
        (f"N\u00ba{REAL}, 2\u00aa{OTHER}", [REAL, OTHER]),
        (f"{REAL}...mas {OTHER}\u2026", [REAL, OTHER]),
    ],
)
def test_a_word_in_the_form_of_the_gateway_is_certain(text: str, ids: list[str]) -> None:
    """MPG and digits, with an optional hyphen and digits, at any word end; nothing else."""
    assert ids == certain(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"000:{REAL}", [REAL]),
        (f"000:{OTHER};000:{REAL}", [OTHER, REAL]),
        ("IDMSG: 000:ab12", ["ab12"]),
        ("\uff2d\uff30\uff27\uff10\uff10\uff10\uff12\uff13\uff16", ["MPG000236"]),  # full width
        ("MPG000236\u200b180474", [REAL]),
        ("MPG000236\u00ad180474", [REAL]),
        (f"\ufeff{REAL}\u2060", [REAL]),
        (f"x\u00a0{REAL}\u3000y", [REAL]),
        ("MPG000027109145\u201321611143", [OTHER]),  # a word processor made a dash of the hyphen
        ("MPG000027109145\u201121611143", [OTHER]),  # a hyphen that does not break
        (f"\u201c{REAL}\u201d \u2018{OTHER}\u2019 \u00abMPG000000000003\u00bb", None),
        (f"ligação\u2014{REAL}\u2014falhou", [REAL]),
    ],
    ids=ascii,
)
def test_what_copying_does_to_an_id_is_undone(text: str, ids: list[str] | None) -> None:
    """The prefix of the send result, full width, invisible characters, typographic signs."""
    assert (ids or [REAL, OTHER, "MPG000000000003"]) == certain(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("SANDBOX-BUSY", ["SANDBOX-BUSY"]),
        ("SANDBOX-failed.486.", ["SANDBOX-failed.486"]),
        ("SANDBOX-ok.85.00, SANDBOX-PENDING-5", ["SANDBOX-ok.85.00", "SANDBOX-PENDING-5"]),
        ("SANDBOX-FAULT-reset SANDBOX-023", ["SANDBOX-FAULT-reset", "SANDBOX-023"]),
        ("SANDBOX- SANDBOX XSANDBOX-OK", []),
    ],
)
def test_ids_of_the_sandbox_are_certain(text: str, ids: list[str]) -> None:
    """The word in capital letters, a hyphen and more."""
    assert ids == certain(text)


def test_the_sandbox_in_small_letters_is_doubtful() -> None:
    """`sandbox-mode` may be prose; the sandbox itself takes either case."""
    assert ("sandbox-ok",) == find_ids(["see sandbox-ok"]).doubtful


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("id:abc", ["abc"]),
        ("ID:x9, Id:`y-9`", ["x9", "y-9"]),
        ("IDMSG 12345678910 não chegou", ["12345678910"]),
        ("idmsg ab12", ["ab12"]),
        ("IDMSG: abcdef1", ["abcdef1"]),
        ("IDMSG: 7", ["7"]),
        ("IDMSG=abcdef1&x", ["abcdef1"]),
        ("Idmsg:ab1.", ["ab1"]),
        ("IDMSGs: 4711x", ["4711x"]),
        ("*IDMSG:* 12345678910", ["12345678910"]),
        ("*IDMSG*\n12345678910", ["12345678910"]),  # a field of a section
        ('{"idmsg": "12345678910", "n": 1}', ["12345678910"]),
        ("<IDMSG>12345678910</IDMSG>", ["12345678910"]),
        ("IDMSG: \u201cab-1\u201d", ["ab-1"]),
        (f"IDMSG {REAL}", [REAL]),
        (f"IDMSG: {REAL}/{OTHER}", [REAL, OTHER]),
        (f"IDMSG 1: {REAL}", [REAL]),
        ("IDMSG id:ab12", ["ab12"]),
        ("IDMSG IDMSG: x1", ["x1"]),
        ("IDMSG: maçã-1", ["maçã-1"]),
    ],
    ids=ascii,
)
def test_what_the_text_calls_an_id_is_one(text: str, ids: list[str]) -> None:
    """`id:X`, `IDMSG X`, `IDMSG: X`, `IDMSG=X`, in either case; X is opaque."""
    assert ids == certain(text)


@pytest.mark.parametrize(
    "text",
    [
        "IDMSG não encontrado",
        "IDMSG: não encontrado",
        "IDMSG: desconhecido",
        "IDMSG: N/D",
        '{"idmsg": null}',
        "O IDMSG da chamada; IDMSG, telefone",
        "IDMSG 2 de 5",
        "IDMSG",
        "IDMSG:",
        "IDMSG: :thinking_face:",
        "IDMSG: https://example.com/x",
        "paid:yes client_id:123 order-id:12 id: abc",
        f"id:{'a' * 41}",
        "https://id:secret1@example.com/",
        "XIDMSG: abc",
    ],
)
def test_what_only_looks_like_a_label_names_nothing(text: str) -> None:
    """Prose after the word IDMSG, and labels of other things."""
    assert [] == certain(text)


DRESSED = [
    "+55 (11) 98765-4321",
    "+5511987654321",
    "+1 212 555 0100",
    "(11) 98765-4321",
    "(11)3456-7890",
    "11 98765-4321",
    "98765-4321",
    "3456-7890",
    "11 987654321",
    "11 9 8765 4321",
    "55 11 3456 7890",
    "11-98765-4321",
    "11  98765-4321",
    "+55\t11\t98765\t4321",
    "11\t98765-4321",
]
BARE = ["11987654321", "1134567890", "5511987654321", "551134567890", "011987654321", "987654321"]


def test_a_phone_number_is_neither() -> None:
    """Formatted or in bare digits, with any neighbours."""
    frames = ("{}", "tel:{}", "Fone {}.", "[{}]", "{};x", "'{}'", "a/{}!")
    texts = [frame.format(phone) for phone in DRESSED + BARE for frame in frames]

    assert [] == [text for text in texts if find_ids([text]) != FoundIds()]


def test_what_a_command_refuses_as_a_phone_number_is_not_found_either() -> None:
    """One definition of a formatted phone number, and more forms inside prose."""
    assert [] == certain("ligar +44 - 2 - 79460123 hoje")


def test_a_phone_number_that_is_called_an_id_is_not_certain() -> None:
    """Bare digits are doubtful, a formatted number is not an id."""
    labels = ("id:", "IDMSG ", "IDMSG: ", "IDMSG=", "*IDMSG:*\n")
    ends = ("", ".", " abc1", ")", "; x")
    texts = {label + phone + end: phone for label in labels for phone in BARE for end in ends}
    dressed = [label + phone + end for label in labels for phone in DRESSED for end in ends]

    assert [] == [t for t, phone in texts.items() if find_ids([t]) != FoundIds(doubtful=(phone,))]
    assert [] == [text for text in dressed if find_ids([text]) != FoundIds()]


@pytest.mark.parametrize(
    "text",
    [
        "U012ABCDEF W0123456789 C012345678 G0AB12CD34 D0AB12CD34 T0AB12CD3 B0AB12CD34E5 S0AB12CD34",
        "id:U012ABCDEF IDMSG C0123456789 IDMSG: T0AB12CD3",
        "1234567890.123456",
        "id:1234567890.123456",
        "<@U012ABCDEF|maria12345678> <@U012ABCDEF> <!subteam^S012ABCDEF|@grupo12345678>",
        "<#C012ABCDEF|canal-12345678> <#C012ABCDEF|mpg000236180474> IDMSG: <@U012ABCDEF>",
        "<!date^1700000000^{date}|abc12345678>",
        "@maria12345678 @MPG000236180474 #canal12345678 #mpg000236180474",
        ":abc12345678: :mpg000236180474: :+1::skin-tone-2:",
    ],
)
def test_what_is_slacks_own_is_neither(text: str) -> None:
    """Ids of people, channels and messages; words of mentions and emoji."""
    assert [] == certain(text)


@pytest.mark.parametrize(
    "word",
    [
        "12345678910",
        "12345678",
        "000236180474",
        "a1b2c3d4e5f6",
        "ABC12345678901",
        "XPTO-12345678",
        "000236180474-21611143",
        f"{REAL}-falha",
        f"X-{REAL}",
        "1" * 40,
        "99999999",  # no date
    ],
)
def test_letters_with_digits_and_digits_alone_are_doubtful(word: str) -> None:
    """8 to 40 characters that may be an id; each once, with any neighbours."""
    frames = ("{}", "a {}, b", "call={}", "({})", "000:{}", "x_{}.wav", "/ {} %")

    found = {frame: find_ids([frame.format(word)] * 2) for frame in frames}
    assert dict.fromkeys(frames, FoundIds(doubtful=(word,))) == found


@pytest.mark.parametrize(
    "text",
    [
        "abcdefgh abc-defgh 1234567 " + "1" * 41,
        "MPG1234 MPG1A23",  # number plates
        "pedido 1234567890, Pedido nº 1234567890 protocolo: 2024123456789 CPF 12345678909",
        "#123456789",
        "R$ 12345678 R$12345678,90 US$ 12345678 12345678.90 0.12345678 1.234.567,89",
        "2024-05-12 12/05/2024 10:30:45 20240512 12052024 20240512103000 20240512T103000Z",
        "12mai2024 5DEC2024 2024-05-12T10:30:45.123456Z 2024-2025",
        "joao12345678@example.com https://example.com/abc12345678 example.com/abc12345678",
        "/var/log/abc12345678 C:\\abc12345678\\x 12345678% +12345678x",
        "d41d8cd98f00b204e9800998ecf8427e DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "01310-100 10.0.0.1 123.456.789-09",
        "office365 Windows11 janeiro2024 30minutos 1500000x1080 PROJ-12345 iphone-13-pro-max",
        "São12345678 12345678ção",
        "MPG00023***474 MPG000236...474 MPG000236\u2022474 MPG00023\x07474 MPG00023\ufffd6180474",
        "2,36180474E+11 1.23618E+14 1.234.567 192.168.100.200",
    ],
)
def test_what_can_be_told_is_not_even_doubtful(text: str) -> None:
    """Order numbers, amounts, dates, addresses, hashes, words with a number."""
    assert [] == certain(text)


def test_a_certain_id_is_not_doubtful_as_well() -> None:
    """The same word, called an id in one place."""
    found = find_ids(["12345678910", "IDMSG: 12345678910"])

    assert ((MessageId("12345678910"),), ()) == (found.ids, found.doubtful)


def test_words_end_where_a_text_ends() -> None:
    """Two texts are never joined into one word."""
    found = find_ids(["MPG000236", "180474", "IDMSG:", "ab12"])

    assert (MessageId("MPG000236"),) == found.ids

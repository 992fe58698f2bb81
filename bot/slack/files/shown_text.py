"""The text that Slack itself puts into a file object: an e-mail's, a snippet's, a post's.

It costs no call and no scope. Slack may have cut it.
https://docs.slack.dev/reference/objects/file-object
"""

from __future__ import annotations

import html
import quopri
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.input.readable import whole_words
from bot.slack.blocks.payload import first_word, part, parts

# For all texts of a file; far more than Slack sends.
_LONGEST: Final = 100_000
# What says that the previews are not the whole text, and the values that deny it.
_CUT: Final = ("preview_is_truncated", "has_more", "lines_more")
_ABSENT: Final = (None, False, 0)
# Where a browser may break a word.
_INVISIBLE: Final = re.compile(r"(?i)<wbr\s*/?>|&shy;|&#173;")
_TAG: Final = re.compile(r"</?[A-Za-z!][^<>]*>")
# A soft line break, or a byte that quoted-printable text cannot do without. `IDMSG=23` is neither.
_QUOTED_PRINTABLE: Final = re.compile(
    r"(?<!(?i:idmsg))=[ \t]*\r?\n|=3D|=C3=[89AB][0-9A-F]|=20\r?\n"
)


# The standard library does not know it, although mail servers add blanks.
_SPACED_BREAK: Final = re.compile(r"=[ \t]+\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """What Slack shows of a file.

    Attributes:
        text: as people would read it.
        whole: it is all that the file contains.
    """

    text: str = ""
    whole: bool = False


def shown_text(given: Mapping[str, Any]) -> ShownText:
    """Read the texts in a file object; a word that Slack has cut is left out."""
    cut = any(given.get(name) not in _ABSENT for name in _CUT)
    body, preview = _text_in(given, "plain_text"), _page_in(given, "preview")
    previews = [_text_in(given, "preview_plain_text"), preview, _page_in(given, "simplified_html")]
    texts = [
        _text_in(given, "subject"),
        body,
        # One that begins like the body adds nothing, and its last word may be cut.
        *(_without_last_word(one) if cut else one for one in previews if not _begins(body, one)),
        *(first_word(one.get("filename")) for one in parts(given, "attachments")),
        # Of a recording.
        first_word(part(part(given, "transcription"), "preview").get("content")),
    ]
    text = whole_words("\n".join(filter(None, texts)), _LONGEST)
    is_all = given.get("mode") == "snippet" and bool(preview) and not cut
    return ShownText(text=text, whole=is_all)


def _text_in(given: Mapping[str, Any], name: str) -> str:
    """A text field without the line breaks and codes of quoted-printable text."""
    text = whole_words(first_word(given.get(name)), _LONGEST)
    if not _QUOTED_PRINTABLE.search(text):
        return text
    joined = _SPACED_BREAK.sub("=\n", text).encode(errors="replace")
    return quopri.decodestring(joined).decode(errors="replace")


def _page_in(given: Mapping[str, Any], name: str) -> str:
    """A text field that is HTML if the file is an e-mail."""
    text = _text_in(given, name)
    if given.get("mode") != "email":
        return text
    return html.unescape(_TAG.sub(" ", _INVISIBLE.sub("", text))).strip()


def _begins(body: str, preview: str) -> bool:
    return body.startswith(preview.strip())


def _without_last_word(text: str) -> str:
    # With one character more of the word, so that it counts as cut.
    return whole_words(f"{text}0", len(text))

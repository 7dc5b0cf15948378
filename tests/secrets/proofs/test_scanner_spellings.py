"""In whatever form the issuer writes what it was sent, nothing of it is shown."""

from __future__ import annotations

import json
import pickle
from html import escape
from urllib.parse import quote, quote_plus, unquote_plus, urlencode

import pytest

from freedompay_async import Secret
from tests.secrets.issuer_of_trouble import Told
from tests.secrets.marked import MARKS, client, person
from tests.secrets.scanner import Scanner

# Each is written in another way by one of the spellings.
CHARS = "\"/\\<>&' +%=\u00e9\u041a\U0001f511\t"
ODD = [f"MARKODDa1{char}c7MARKEND4f" for char in CHARS]


def in_json(text):
    return json.dumps(text, ensure_ascii=False)


SPELLINGS = {
    "as it is": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, with slashes": quote,
    "a form": quote_plus,
    "JSON": in_json,
    "JSON in ASCII": json.dumps,
    "JSON with slashes escaped": lambda text: in_json(text).replace("/", r"\/"),
    "JSON in JSON": lambda text: in_json(in_json(text)),
    "JSON in ASCII in JSON": lambda text: json.dumps(json.dumps(text)),
    "repr": repr,
    "repr of a dict": lambda text: repr({"memo": text}),
    "entities": escape,
    "entities, quotes as they are": lambda text: escape(text, quote=False),
}


# Of those, what the issuer's words become JSON of once more.
TWICE = {name: spell for name, spell in SPELLINGS.items() if " in JSON" not in name}


def in_words(spell):
    def tell(asked):
        return Told(
            200,
            json.dumps(
                asked.no(f"wrong: {', '.join(map(spell, ODD))} sent"), ensure_ascii=False
            ).encode(),
        )

    return tell


def on_a_page(spell):
    return lambda asked: Told(
        400, f"<html><pre>wrong: {', '.join(map(spell, ODD))} sent</pre></html>".encode()
    )


CASES = [(in_words, name) for name in TWICE] + [(on_a_page, name) for name in SPELLINGS]


@pytest.fixture
def scanner():
    return Scanner({"odd": ODD[0]})


@pytest.mark.parametrize(("form", "spelling"), CASES)
async def test_secret_in_another_spelling_is_not_shown(search, in_memory, form, spelling):
    fp, extra = (
        client(transport=in_memory(form(SPELLINGS[spelling]))),
        {f"memo{number}": Secret(odd) for number, odd in enumerate(ODD)},
    )
    await search.call("read", fp.cards.info("c-1", extra=extra))
    await search.call("effect", fp.cards.activate("c-1", extra=extra))

    assert search.found == []
    assert not [end for end in search.ends.values() if not isinstance(end, Exception)]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_scanner_finds_each_spelling(scanner, spelling):
    assert [odd for odd in ODD if not scanner.text(SPELLINGS[spelling](odd), "here")] == []


# -- a document, which is far longer than what is shown

# Each piece of it is its own. The first sign that is spelled in more than one way stands early: see
# `masking._without`.
DOCUMENT = "".join(f"{number * 2654435761 % 2**32:08x}+/" for number in range(14_400)) + "=="
TOLD = {
    "as a form": lambda asked: urlencode(asked.fields["client"]),
    "in Python": lambda asked: repr(asked.fields),
    "as text": lambda asked: asked.said,
    "as it is": lambda asked: DOCUMENT,
    "from its middle": lambda asked: "cut off: " + DOCUMENT[: len(DOCUMENT) // 2],
}


def pieces(text: str) -> list[str]:
    """The parts of the document that a text shows: any 23 characters of it have one of them."""
    plain = unquote_plus(text).replace(" ", "+") + text
    return [
        piece for at in range(0, len(DOCUMENT), 12) if (piece := DOCUMENT[at : at + 12]) in plain
    ]


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_long_document_is_not_shown(search, in_memory, told, status):
    def tell(asked):
        return Told(
            status,
            json.dumps(
                asked.no(TOLD[told](asked) if b"client" in asked.body else "no request has this id")
            ).encode(),
        )

    fp = client(timeout=0.5, transport=in_memory(tell))
    await search.call(
        "create", fp.clients.create(product_id=2000, client=person(document=DOCUMENT))
    )
    (error,) = search.ends.values()
    shown = [
        error.body or "",
        str(error),
        error.error_description or "",
        repr(vars(error)),
        pickle.dumps(error).decode("latin-1"),
    ]

    assert len(DOCUMENT) > 140_000
    assert [pieces(text) for text in shown] == [[]] * len(shown)
    assert MARKS["secret_key"] not in str(shown)


def test_pieces_are_found():
    assert pieces(quote_plus(DOCUMENT[5:28]))

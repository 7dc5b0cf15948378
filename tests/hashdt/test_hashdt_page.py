"""The page: it shows its URL only where it is asked to, and its frame is escaped."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from html.parser import HTMLParser

import pytest

from freedompay_async.codec.to_json import to_json
from freedompay_async.hashdt import PinPage
from freedompay_async.redaction.secret import PageUrl

URL = "https://pins.example.com/p?key=s3cret&step=1"
FIXED = {
    "sandbox": "allow-forms allow-scripts allow-same-origin",
    "referrerpolicy": "no-referrer",
    "allow": "camera 'none'; geolocation 'none'; microphone 'none'; payment 'none'",
}
HOSTILE = [
    'a"b',
    "a'b",
    '"><script>alert(1)</script>',
    "' onload='alert(1)",
    '" onload="alert(1)" x="',
    "</iframe><b>",
    "&quot;",
    "&amp;lt;",
    "a&b=c&lt;d",
    "<!-- x",
    "`${1}`",
]


class Reader(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, attrs))

    def handle_endtag(self, tag):
        self.seen.append((f"/{tag}", []))

    def handle_data(self, data):
        self.seen.append((data, []))

    def handle_comment(self, data):
        self.seen.append((f"!{data}", []))


def frame(text: str) -> dict[str, str]:
    """The attributes of the one frame, of which the text is made and nothing else."""
    (start, attributes), *rest = Reader(text).seen

    assert (start, rest) == ("iframe", [("/iframe", [])])
    assert len(dict(attributes)) == len(attributes)

    return dict(attributes)


def page(url: str = URL) -> PinPage:
    return PinPage(request_id="my-id", url=PageUrl(url))


def test_frame_has_exactly_these_attributes():
    assert frame(page().iframe()) == {
        "src": URL,
        "title": "PIN",
        "width": "100%",
        "height": "560",
        **FIXED,
    }


def test_frame_takes_title_and_size():
    text = page().iframe(title="Ваш PIN", width="320", height="50vh")

    assert frame(text) == {
        "src": URL,
        "title": "Ваш PIN",
        "width": "320",
        "height": "50vh",
        **FIXED,
    }


@pytest.mark.parametrize("hostile", HOSTILE)
def test_url_stays_inside_its_attribute(hostile):
    url = f"https://pins.example.com/{hostile}"

    assert frame(page(url).iframe()) == {
        "src": url,
        "title": "PIN",
        "width": "100%",
        "height": "560",
        **FIXED,
    }


@pytest.mark.parametrize("name", ["title", "width", "height"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_argument_stays_inside_its_attribute(name, hostile):
    whole = {"src": URL, "title": "PIN", "width": "100%", "height": "560", **FIXED, name: hostile}

    assert frame(page().iframe(**{name: hostile})) == whole


@pytest.mark.parametrize(
    "hostile", [each for each in HOSTILE if "`" not in each and " " not in each]
)
async def test_url_of_an_answer_stays_inside_its_attribute(pins, issuer, people, told, hostile):
    url = f"https://pins.example.com/{hostile}"
    issuer.say((200, told(url)))

    assert frame((await pins.set_url(**people)).iframe())["src"] == url


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "%s".__mod__,
        to_json,
        lambda page: str(page.url),
        lambda page: repr({"page": page}),
        lambda page: f"{page.url:>99}",
    ],
)
def test_is_shown_without_its_url(show):
    text = show(page())

    assert "***" in text
    assert "s3cret" not in text
    assert "pins.example.com" not in text


def test_as_json_is_the_id_and_a_mask():
    assert json.loads(to_json(page())) == {"request_id": "my-id", "url": "***"}


def test_pickle_holds_no_url():
    data = pickle.dumps(page())
    made = pickle.loads(data)

    assert b"s3cret" not in data
    assert (made.request_id, repr(made)) == ("my-id", repr(page()))
    with pytest.raises(ValueError, match="pickle"):
        made.url.reveal()
    with pytest.raises(ValueError, match="pickle"):
        made.iframe()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copy_is_the_same_page(copied):
    assert copied(page()) == page()


def test_log_of_a_page_shows_no_url(caplog):
    logging.getLogger("app").warning("made %s and %r", page(), page().url, extra={"page": page()})

    assert "s3cret" not in caplog.text
    assert "s3cret" not in str([record.__dict__ for record in caplog.records])


def test_error_about_a_page_shows_no_url():
    with pytest.raises(AttributeError) as caught:
        page().url = "other"

    assert "s3cret" not in str(caught.value)

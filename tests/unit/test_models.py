from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from freedompay_async.codec.encode import encode
from freedompay_async.contract.models import (
    Address,
    Answer,
    BulkIssue,
    CardActivation,
    CardIssue,
    CardLink,
    CardRef,
    ClientCreation,
    Completed,
    CreatedClient,
    IdentificationInfo,
    IssuedCards,
    NewClient,
    RequestState,
    StatusQuery,
)
from freedompay_async.redaction.secret import Secret
from tests.person_examples import new_client

FROZEN = [
    Answer(status="ok"),
    RequestState(status="ok"),
    CardRef(card_id="5"),
    Completed(request_id="r", answer=RequestState(status="ok")),
    CreatedClient(request_id="r", client_id="77", answer=RequestState(status="ok")),
    IssuedCards(request_id="r", card_ids=("5",), answer=RequestState(status="ok")),
    StatusQuery(request_id="r"),
]


def state(**fields) -> RequestState:
    return RequestState(
        **({"status": "ok", "request_status": "success", "request_id": "r-1"} | fields)
    )


class TestTime:
    @pytest.mark.parametrize(
        ("dt", "expected"),
        [
            (
                "2026-05-14T10:00:00+05:00",
                datetime(2026, 5, 14, 10, tzinfo=timezone(timedelta(hours=5))),
            ),
            ("2026-05-14T10:00:00.5Z", datetime(2026, 5, 14, 10, 0, 0, 500_000, tzinfo=UTC)),
            (None, None),
            ("", None),
            ("yesterday", None),
            ("2026-13-14T10:00:00+05:00", None),
            ("2026-05-14T10:00:00", None),
        ],
    )
    def test_is_read_from_dt(self, dt, expected):
        assert Answer(status="ok", dt=dt).time == expected


class TestRequestState:
    @pytest.mark.parametrize(
        ("status", "request_status", "expected"),
        [
            ("ok", "success", (True, True, False)),
            ("ok", "error", (True, False, True)),
            ("ok", "process", (False, False, False)),
            ("ok", "queued", (False, False, False)),
            ("ok", "SUCCESS", (False, False, False)),
            ("ok", None, (False, False, False)),
            ("error", "success", (False, False, False)),
            ("error", "error", (False, False, False)),
            ("error", None, (False, False, False)),
        ],
    )
    def test_is_final_only_with_a_success_or_an_error(self, status, request_status, expected):
        it = state(status=status, request_status=request_status)

        assert (it.final, it.succeeded, it.failed) == expected

    @pytest.mark.parametrize(
        ("cards", "expected"),
        [
            (None, ()),
            ([], ()),
            ([CardRef(card_id="5"), CardRef(card_id=6)], ("5", "6")),
        ],
    )
    def test_names_its_cards_as_text(self, cards, expected):
        assert state(cards=cards).card_ids == expected

    def test_was_not_found_unless_told(self):
        assert state().found is False


class TestResults:
    def test_of_an_attached_request_is_its_state(self):
        it = state()

        assert RequestState.of(it) is it

    def test_of_a_request_that_gives_nothing_back(self):
        assert Completed.of(state()) == Completed(request_id="r-1", answer=state())

    @pytest.mark.parametrize("client_id", ["77", 77])
    def test_of_a_client_has_its_id_as_text(self, client_id):
        it = state(client_id=client_id)

        assert CreatedClient.of(it) == CreatedClient(request_id="r-1", client_id="77", answer=it)

    def test_of_a_client_is_none_without_an_id(self):
        assert CreatedClient.of(state()) is None

    def test_of_cards_has_their_ids_as_text(self):
        it = state(cards=[CardRef(card_id="5"), CardRef(card_id=6)])

        assert IssuedCards.of(it) == IssuedCards(request_id="r-1", card_ids=("5", "6"), answer=it)

    @pytest.mark.parametrize("cards", [None, []])
    def test_of_cards_is_none_without_a_card(self, cards):
        assert IssuedCards.of(state(cards=cards)) is None


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            (
                CardIssue(request_id="r", client_id="77", product_id=1000),
                {"request_id": "r", "client_id": "77", "product_id": 1000},
            ),
            (
                BulkIssue(request_id="r", product_id=2000, count=50),
                {"request_id": "r", "product_id": 2000, "count": 50},
            ),
            (
                CardLink(request_id="r", client_id="77", card_id="5"),
                {"request_id": "r", "client_id": "77", "card_id": "5"},
            ),
            (CardActivation(request_id="r", card_id="5"), {"request_id": "r", "card_id": "5"}),
            (StatusQuery(request_id="r"), {"request_id": "r"}),
        ],
        ids=["CardIssue", "BulkIssue", "CardLink", "CardActivation", "StatusQuery"],
    )
    def test_have_the_vendors_fields(self, body, expected):
        assert msgspec.json.decode(encode(body)) == expected

    def test_of_a_new_client_have_the_vendors_fields(self):
        address = {
            "country": "KAZ",
            "postal_code": "050000",
            "address_line1": "Almaty",
            "address_line2": "Abay",
            "address_line3": "1",
        }
        client = {
            "phone": 77017777777,
            "type": 1,
            "resident": 2,
            "first_name": "IVAN",
            "last_name": "IVANOV",
            "middle_name": "IVANOVICH",
            "birthdate": "1990-01-31",
            "email": "a@b.kz",
            "country": "KAZ",
            "person_id": "900131000000",
            "language": "kk",
            "document": "JVBERi0=",
            "external_user_id": "u-1",
            "address1": address,
            "address2": address,
        }
        made = ClientCreation(
            request_id="r",
            product_id=1000,
            branch_id="b-1",
            client=NewClient(
                **client
                | {
                    "document": Secret("JVBERi0="),
                    "address1": Address(**address),
                    "address2": Address(**address),
                }
            ),
            identification_info=IdentificationInfo(idn_date="2020-01-01", identified_by="MIA"),
        )

        assert msgspec.json.decode(encode(made)) == {
            "request_id": "r",
            "product_id": 1000,
            "branch_id": "b-1",
            "client": client,
            "identification_info": {"idn_date": "2020-01-01", "identified_by": "MIA"},
        }

    def test_take_a_request_id_later(self):
        body = CardActivation(card_id="5")
        body.request_id = "r-1"

        assert encode(body) == b'{"request_id":"r-1","card_id":"5"}'

    def test_have_no_request_id_before_one_is_given(self):
        assert encode(CardActivation(card_id="5")) == b'{"card_id":"5"}'

    def test_do_not_show_a_document(self):
        client = new_client(
            document=Secret("JVBERi0="),
        )

        assert "JVBERi0=" not in repr(ClientCreation(product_id=1, client=client))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (Answer(status="ok"), "Answer(status='ok')"),
        (
            RequestState(status="ok", request_status="process"),
            "RequestState(status='ok', request_status='process')",
        ),
        (
            new_client(type=2, document=Secret("JVBERi0=")),
            (
                "NewClient(phone=77017777777, type=2, resident=1, first_name='AIDAR', "
                "last_name='OMAROV', document=***)"
            ),
        ),
    ],
    ids=["Answer", "RequestState", "NewClient"],
)
def test_only_what_is_there_is_shown(made, expected):
    assert repr(made) == expected


@pytest.mark.parametrize("made", FROZEN, ids=lambda made: type(made).__name__)
def test_an_answer_cannot_be_changed(made):
    with pytest.raises(AttributeError):
        setattr(made, made.__struct_fields__[0], "other")

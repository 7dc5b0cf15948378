"""Who is told of what, and what a listener can't break."""

from __future__ import annotations

import asyncio
import functools
import json
import logging

import msgspec
import pytest

from freedompay_async import ConfigurationError
from freedompay_async.events import ConnectionClosed, ConnectionOpened, OutageBegan
from freedompay_async.events.hub import Hub

OPENED, CLOSED = ConnectionOpened(), ConnectionClosed()


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.DEBUG, "freedompay_async")
    return lambda: [record.getMessage() for record in caplog.records]


def test_nobody_listens_at_first(hub):
    assert hub.listeners == hub.everybody == ()


def test_each_listener_is_told_in_the_order_in_which_they_came(hub):
    told = []
    hub.on_event(lambda event: told.append(("first", event)))
    hub.on_event(lambda event: told.append(("second", event)))
    hub.emit(OPENED)

    assert told == [("first", OPENED), ("second", OPENED)]


def test_one_that_is_taken_off_is_told_nothing_more(hub):
    told, others = [], []
    off = hub.on_event(told.append)
    hub.on_event(others.append)
    hub.emit(OPENED)
    off()
    off()
    hub.emit(CLOSED)

    assert (told, others) == ([OPENED], [OPENED, CLOSED])


def test_the_last_one_that_is_taken_off_leaves_nobody(hub):
    hub.on_event(print)()

    assert hub.listeners == hub.everybody == ()


def test_a_function_that_was_given_twice_is_told_twice_and_taken_off_one_by_one(hub):
    told = []
    first, _ = hub.on_event(told.append), hub.on_event(told.append)
    hub.emit(OPENED)
    first()
    first()
    hub.emit(CLOSED)

    assert told == [OPENED, OPENED, CLOSED]


def test_a_listener_may_take_itself_and_others_off(hub):
    told, others = [], []

    def listener(event):
        told.append(event)
        own()
        other()

    own = hub.on_event(listener)
    other = hub.on_event(others.append)
    hub.emit(OPENED)
    hub.emit(CLOSED)

    assert (told, others) == ([OPENED], [])


def test_one_that_comes_in_the_middle_of_an_event_gets_the_next(hub):
    told = []
    hub.on_event(lambda event: told or hub.on_event(told.append))
    hub.emit(OPENED)
    hub.emit(CLOSED)

    assert told == [CLOSED]


class _Own(BaseException):
    pass


@pytest.mark.parametrize(
    "error", [ValueError, asyncio.CancelledError, StopIteration, GeneratorExit, _Own]
)
def test_an_error_of_a_listener_is_logged_once_and_the_others_are_told(hub, logged, error):
    told, tried = [], []

    def broken(event):
        tried.append(event)
        raise error("4111111111111111")

    hub.on_event(broken)
    hub.on_event(told.append)
    for event in (OPENED, CLOSED):
        hub.emit(event)

    assert told == tried == [OPENED, CLOSED]
    (line,) = logged()
    assert f"raised {error.__name__}" in line
    assert "test_hub.py:" in line
    assert "4111" not in line


def test_so_is_a_group_of_cancellations(hub, logged):
    """As a task group may raise it."""
    told = []

    def broken(event):
        raise BaseExceptionGroup("two", [asyncio.CancelledError(), asyncio.CancelledError()])

    hub.on_event(broken)
    hub.on_event(told.append)
    hub.emit(OPENED)

    assert told == [OPENED]
    assert "raised BaseExceptionGroup at" in logged()[0]


def test_the_place_of_an_error_is_where_it_was_raised(hub, logged):
    def deeper(event):
        raise ValueError

    def broken(event):
        deeper(event)

    hub.on_event(broken)
    hub.emit(OPENED)

    line = deeper.__code__.co_firstlineno + 1
    assert f"{__file__}:{line};" in logged()[0]


class _Plain:
    def __repr__(self):
        return "4111111111111111"

    def __call__(self):
        raise AssertionError

    def method(self):
        raise AssertionError


@pytest.mark.parametrize(
    ("listener", "name"),
    [
        (_Plain(), "_Plain"),
        (_Plain().method, "_Plain.method"),
        (len, "len"),
        (functools.partial(int, "4111111111111111"), "partial"),
        (lambda: None, "<lambda>"),
    ],
    ids=["object", "method", "built-in", "partial", "function"],
)
def test_the_name_of_a_broken_listener_is_logged(hub, logged, listener, name):
    """One that can't take an event has no place of its own."""
    hub.on_event(listener)
    hub.emit(OPENED)

    assert logged()[0].startswith(f"a listener ({name}) raised TypeError at ")


def test_each_broken_listener_is_logged_by_itself(hub, logged):
    def broken(event):
        raise ValueError

    hub.on_event(broken)
    hub.on_event(broken)
    hub.emit(OPENED)
    hub.emit(OPENED)

    assert len(logged()) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_program_passes(hub, error):
    def ends(event):
        raise error

    hub.on_event(ends)
    with pytest.raises(error):
        hub.emit(OPENED)


async def _later(event):
    raise AssertionError


async def _generator(event):
    yield event


class _Generator:
    async def __call__(self, event):
        yield event


class _Object:
    async def __call__(self, event):
        raise AssertionError

    async def method(self, event):
        raise AssertionError


@pytest.mark.parametrize(
    "listener",
    [
        *(_later, _generator, _Object(), _Generator(), _Object().method),
        *(functools.partial(each) for each in (_later, _generator, _Object())),
    ],
)
def test_an_async_function_is_refused(hub, listener):
    with pytest.raises(ConfigurationError, match="listener is an async function"):
        hub.on_event(listener)
    assert hub.listeners == ()


@pytest.mark.parametrize("listener", [None, 5, "print", list, _Object])
def test_what_is_no_function_is_refused(hub, listener):
    with pytest.raises(ConfigurationError, match="a function that takes an event"):
        hub.on_event(listener)


def test_a_coroutine_that_a_plain_function_gives_is_closed_and_logged_once(hub, logged):
    told = []

    def plain(event):
        return _later(event)

    hub.on_event(plain)
    hub.on_event(told.append)
    hub.emit(OPENED)
    hub.emit(CLOSED)

    assert told == [OPENED, CLOSED]
    assert ["gave a coroutine" in line for line in logged()] == [True]


def test_listeners_of_the_client_hear_each_lane_and_those_of_a_lane_their_own(hub):
    batch, other = Hub("a batch"), Hub("another batch")
    told = {name: [] for name in ("client", "batch", "other")}
    hub.on_event(told["client"].append)
    batch.on_event(told["batch"].append)
    other.on_event(told["other"].append)
    with hub.joined(batch), hub.joined(other):
        batch.emit(OPENED)
        hub.emit(CLOSED)

    assert told == {"client": [OPENED, CLOSED], "batch": [OPENED], "other": []}


@pytest.mark.parametrize("teller", ["client", "batch"])
def test_what_concerns_the_client_is_told_to_all_who_listen_once(hub, teller):
    batch, told = Hub("a batch"), []
    hub.on_event(lambda event: told.append("client"))
    batch.on_event(lambda event: told.append("batch"))
    # Two runs of one batch at once.
    with hub.joined(batch), hub.joined(batch):
        (hub if teller == "client" else batch).emit_to_everybody(OPENED)

    assert told == ["client", "batch"]


def test_a_lane_hears_of_the_client_for_as_long_as_it_takes_part(hub):
    batch, told = Hub("a batch"), []
    batch.on_event(told.append)
    hub.emit_to_everybody(OPENED)
    with hub.joined(batch):
        with hub.joined(batch):
            pass
        hub.emit_to_everybody(CLOSED)
    hub.emit_to_everybody(OPENED)

    assert told == [CLOSED]
    assert hub.everybody == ()
    assert len(batch.listeners) == len(batch.everybody) == 1


def test_who_comes_or_goes_while_a_lane_takes_part_does_so_there_too(hub):
    batch, client, own = Hub("a batch"), [], []
    with hub.joined(batch):
        client_off = hub.on_event(client.append)
        own_off = batch.on_event(own.append)
        batch.emit(OPENED)
        client_off()
        batch.emit(CLOSED)
        own_off()
        batch.emit(OPENED)

        assert batch.listeners == ()

    assert (client, own) == ([OPENED], [OPENED, CLOSED])


def test_the_calls_of_all_lanes_are_counted_together(hub):
    batch = Hub("a batch")
    with hub.joined(batch):
        assert [hub.next_call(), batch.next_call(), hub.next_call()] == [1, 2, 3]


def test_an_event_names_itself_in_json():
    event = OutageBegan(lane="batch", seconds=1.5)
    as_json = {"event": "OutageBegan", "lane": "batch", "seconds": 1.5}

    assert json.loads(msgspec.json.encode(event)) == dict(event) == as_json


def test_an_event_can_not_be_changed():
    with pytest.raises(AttributeError):
        OutageBegan(lane="batch", seconds=1.5).seconds = 2.0

"""`freedompay worker --app`: an application's own tracker, found, opened and run."""

from __future__ import annotations

import json
import signal
import sys
import textwrap

import asyncpg
import pytest

from freedompay_async import FreedomPay, NewClient
from freedompay_async.postgres import Tracker
from tests.settings_of import settings_of

PERSON = NewClient(phone=77017777777, type=1, resident=1, first_name="IVAN", last_name="IVANOV")
WANTED = (
    "name a Tracker, or a function without arguments, made by @asynccontextmanager, that yields one"
)
STOPPED = (
    "stopping: no new request is sent, calls on the way are settled, and the others are left to "
    "other workers. Again aborts.\n"
)
CLIENT = """
    import os
    from contextlib import asynccontextmanager

    import asyncpg

    from freedompay_async import FreedomPay
    from freedompay_async.postgres import Tracker

    def pool():
        return asyncpg.create_pool(os.environ["SHOP_DATABASE"], min_size=1, max_size=6)
"""
BARE = """
    tracker = Tracker(FreedomPay.from_env(), pool())
"""
HANDLER = """
    @tracker.on_end
    async def ended(db, tracked):
        print(tracked.tag, "is", tracked.state, flush=True)
"""
OPENED = """
    @asynccontextmanager
    async def tracker():
        async with pool() as opened, FreedomPay.from_env() as fp:
            try:
                yield Tracker(fp, opened)
            finally:
                print("the application has closed", flush=True)
"""


@pytest.fixture
def module(shell, monkeypatch):
    """Writes a module into the folder that the command runs in, and gives its name."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)

    def write(*parts, name="shop"):
        text = "\n".join(map(textwrap.dedent, parts))
        (shell.folder / f"{name}.py").write_text(text, encoding="utf-8")
        return name

    yield write
    for name in {"shop", "shelf"} - before:
        sys.modules.pop(name, None)


@pytest.fixture
def refused(shell):
    """What the command says of an application that can't be run, beside the name of the command."""

    def refused(*args):
        result = shell("worker", *args)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.endswith(" Nothing was sent.\n")
        return result.stderr.removeprefix("freedompay: ").removesuffix(" Nothing was sent.\n")

    return refused


@pytest.mark.parametrize(
    "given", ["shop", "", ":", "shop:", ":tracker", "shop.py:tracker()", "./shop:tracker", "a b:c"]
)
def test_what_names_nothing_is_refused(refused, given):
    assert refused("--app", given) == (
        f"--app is {given!r}: give a module and a name in it, as in shop.orders:tracker."
    )


@pytest.mark.parametrize("name", ["shop", "shop.orders"])
def test_a_module_that_is_not_there(shell, refused, name):
    assert refused("--app", f"{name}:tracker") == (
        f"--app: there is no module {name} in {shell.folder} or where Python looks for modules."
    )


def test_a_module_that_is_a_file_has_no_modules_in_it(shell, module, refused):
    module("tracker = None")

    assert refused("--app", "shop.orders:tracker") == (
        f"--app: there is no module shop.orders in {shell.folder} or where Python looks for "
        "modules."
    )


def test_a_name_that_is_not_there(shell, module, refused):
    module("class orders: pass")

    for name in ("tracker", "orders.tracker"):
        assert refused("--app", f"shop:{name}") == (
            f"--app: module shop has no {name}. It is {shell.folder / 'shop.py'}."
        )


def test_a_folder_that_has_no_such_name(shell, refused, module):
    (shell.folder / "shelf").mkdir()

    assert refused("--app", "shelf:tracker") == (
        "--app: module shelf has no tracker. It is a folder."
    )


IMPORTS = {
    "an error": ('raise RuntimeError("no table of orders.")', "RuntimeError: no table of orders"),
    "an error without words": ("raise KeyError", "KeyError"),
    "a module that it needs": ("import no_such_thing", "ModuleNotFoundError: No module named"),
    "no Python": ("def tracker(:", "SyntaxError: invalid syntax"),
    "a setting": (
        "from freedompay_async import Secret\nSecret(5)",
        "ConfigurationError: a Secret is text, and not int",
    ),
    "its own end": ("import sys\nsys.exit(4)", "SystemExit: 4"),
}


@pytest.mark.parametrize("which", IMPORTS)
def test_an_import_that_fails_says_why(module, refused, which):
    text, told = IMPORTS[which]
    module(text)

    said = refused("--app", "shop:tracker")

    assert said.startswith(f"--app: module shop can't be imported: {told}")
    assert said.endswith(". --verbose shows where.")
    assert len(said.splitlines()) == 1


def test_verbose_shows_where_an_import_fails(shell, module):
    module("number = 1", "assert number == 2, number")

    result = shell("worker", "--app", "shop:tracker", "--verbose")

    assert result.exit_code == 2
    assert f'File "{shell.folder / "shop.py"}", line 2, in <module>' in result.stderr
    assert result.stderr.endswith(
        "\nfreedompay: --app: module shop can't be imported: AssertionError: 1. Nothing was sent.\n"
    )


DECORATED = "from contextlib import asynccontextmanager\n@asynccontextmanager"
NO_TRACKER = {
    "a number": ("tracker = 5", "is of type int"),
    "a pool": ("tracker = type('Pool', (), {})()", "is of type Pool"),
    "arguments": ("def tracker(fp): pass", "needs arguments"),
    "its class": ("from freedompay_async.postgres import Tracker as tracker", "needs arguments"),
    "nothing": ("def tracker(): pass", "gives NoneType"),
    "a text": ("tracker = str", "gives str"),
    "an async function": ("async def tracker(): pass", "is an async function without a yield"),
    "no decorator": ("async def tracker(): yield 5", "has no @asynccontextmanager above it"),
    "one that waits for nobody": (
        "from contextlib import contextmanager\n@contextmanager\ndef tracker(): yield 5",
        "gives _GeneratorContextManager",
    ),
    "no yield": (f"{DECORATED}\nasync def tracker():\n    if 0: yield", "yields nothing"),
    "a yield of nothing": (f"{DECORATED}\nasync def tracker(): yield", "yields NoneType"),
}


@pytest.mark.parametrize("which", NO_TRACKER)
def test_what_is_no_tracker_is_refused(module, refused, which):
    text, told = NO_TRACKER[which]
    module(text)

    assert refused("--app", "shop:tracker") == f"--app: shop:tracker {told}: {WANTED}."


def test_a_tracker_that_can_not_be_opened_says_why(shell, module, refused):
    module(CLIENT, OPENED)

    assert refused("--app", "shop:tracker") == (
        "--app: shop:tracker can't be opened: KeyError: 'SHOP_DATABASE'. --verbose shows where."
    )


def test_a_generator_that_fails_with_an_error_like_that_of_an_empty_one(module, refused):
    module(CLIENT, OPENED.replace("async with", "raise RuntimeError('no')\n        async with"))

    assert refused("--app", "shop:tracker") == (
        "--app: shop:tracker can't be opened: RuntimeError: no. --verbose shows where."
    )


def test_an_error_of_the_library_is_told_as_it_is(shell, module, refused):
    module(CLIENT, OPENED.replace("pool() as opened, ", ""))
    shell.env.pop("FREEDOMPAY_SECRET_KEY")

    said = refused("--app", "shop:tracker")

    assert "FREEDOMPAY_SECRET_KEY" in said
    assert "can't be opened" not in said


def test_a_database_that_is_not_there_is_one_sentence(shell, module, refused, free_port):
    module(CLIENT, BARE)
    shell.env |= {"SHOP_DATABASE": f"postgresql://me:tr0ub4dor@127.0.0.1:{free_port}/shop"}

    said = refused("--app", "shop:tracker")

    assert said.startswith("the database of shop:tracker can't be reached (Connection refused)")
    assert "tr0ub4dor" not in said


FLAGS = {
    "--journal": ("run.db",),
    "--rate": ("5",),
    "--documents": (".",),
    "--keep-bodies": ("5",),
    "--auth-id": ("5",),
    "--region": ("KZ",),
    "--test": (),
    "--live": (),
    "--base-url": ("https://api.example.com",),
    "--scheme": ("sign",),
    "--contract": ("contract.toml",),
    "--proxy": ("http://proxy.example.com",),
    "--trust-env": (),
}


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_of_the_client_or_of_batches_is_refused(refused, flag):
    assert refused("--app", "shop:tracker", flag, *FLAGS[flag]) == (
        "--app runs the tracker of an application, which has a client and a database of its own: "
        f"leave {flag} out."
    )


def test_all_of_them_are_named(refused):
    assert refused(
        *("--app", "shop:tracker", "--rate", 5, "--region", "KZ", "--live", "--verbose")
    ).endswith("leave --rate, --region, --live out.")


@pytest.fixture
def shop(shell, postgres_database):
    """The database of the application. That of a journal is not asked for."""
    shell.env |= {"SHOP_DATABASE": postgres_database, "FREEDOMPAY_JOURNAL": "elsewhere.db"}
    return postgres_database


@pytest.fixture
def orders(issuer, shop):
    """Tracks orders of new clients, as another process of the application does."""

    async def orders(count):
        fp = FreedomPay(**settings_of(issuer.sandbox))
        async with asyncpg.create_pool(shop, min_size=1) as pool, fp:
            tracker = Tracker(fp, pool)
            for number in range(count):
                intent = fp.intend.clients.create(
                    product_id=2000, client=PERSON, key=f"order/{number}"
                )
                async with pool.acquire() as db, db.transaction():
                    await tracker.track(db, intent, tag=f"order/{number}")

    return orders


@pytest.fixture
def report(issuer, shop):
    async def report():
        fp = FreedomPay(**settings_of(issuer.sandbox))
        async with asyncpg.create_pool(shop, min_size=1) as pool:
            return await Tracker(fp, pool).report(pool)

    return report


async def test_a_bare_tracker_is_opened_with_its_client_and_its_pool(
    shell, module, issuer, orders, report
):
    await orders(3)
    module(CLIENT, BARE, HANDLER)
    worker = shell.start("worker", "--app", "shop:tracker", "--concurrency", "2")
    for number in range(3):
        worker.says(f"order/{number} is done\n")
    worker.interrupt(signal.SIGTERM)

    assert (worker.ends(), worker.stderr) == (0, STOPPED)
    assert issuer.arrived("client/add") == 3
    assert (await report()).counts == {"done": 3}


async def test_one_that_is_yielded_is_closed_by_the_application(shell, module, orders):
    await orders(1)
    module(CLIENT, OPENED)
    worker = shell.start("worker", "--app", "shop:tracker")
    worker.says("working on requests of merchant 10001 at ")
    worker.interrupt()

    assert worker.ends() in {0, 3}
    assert worker.stderr == STOPPED
    assert worker.stdout.splitlines()[-1] == "the application has closed"


async def test_a_function_may_give_a_tracker_that_is_not_open(shell, module, shop):
    module(CLIENT, "def tracker(): return Tracker(FreedomPay.from_env(), pool())")
    worker = shell.start("worker", "--app", "shop:tracker")
    worker.says("working on requests of merchant 10001 at ")
    worker.interrupt()

    assert (worker.ends(), worker.stderr) == (0, STOPPED)


async def test_a_name_inside_of_another_and_a_module_inside_of_a_folder(shell, module, shop):
    (shell.folder / "shelf").mkdir()
    module(
        CLIENT,
        "class Shop:\n    tracker = Tracker(FreedomPay.from_env(), pool())",
        name="shelf/shop",
    )
    worker = shell.start("worker", "--app", "shelf.shop:Shop.tracker")
    worker.says("working on requests of merchant 10001 at ")
    worker.interrupt()

    assert (worker.ends(), worker.stderr) == (0, STOPPED)


async def test_programs_read_what_it_tells(shell, module, issuer, orders):
    await orders(3)
    gate = issuer.gate("client/add")
    module(CLIENT, BARE, HANDLER)
    worker = shell.start("worker", "--app", "shop:tracker", "--concurrency", "1", "--json")
    gate.reached()
    worker.interrupt()
    worker.says(STOPPED)
    gate.open()
    code = worker.ends()
    told = [json.loads(line) for line in worker.stdout.splitlines() if line.startswith("{")]

    # It has ended what was on the way, and left the rest.
    assert code == 3
    assert issuer.arrived("client/add") == 1
    assert [each["change"] for each in told] == ["looking", "draining"]
    assert {each["event"] for each in told} == {"worker"}
    assert told[0]["text"] == f"working on requests of merchant 10001 at {issuer.base_url}"


async def test_a_second_signal_aborts_and_the_application_closes(shell, module, issuer, orders):
    await orders(1)
    gate = issuer.gate("client/add")
    module(CLIENT, OPENED)
    worker = shell.start("worker", "--app", "shop:tracker")
    gate.reached()
    worker.interrupt(signal.SIGTERM)
    worker.says(STOPPED)
    worker.interrupt(signal.SIGTERM)
    worker.says("aborting: calls on the way are not waited for. ")
    code = worker.ends()
    gate.open()

    assert code == 130
    assert worker.stdout.splitlines()[-1] == "the application has closed"
    assert worker.stderr.endswith("freedompay: aborted.\n")


async def test_what_needs_a_person_shows_in_the_exit_code(shell, module, orders, shop):
    await orders(1)
    async with asyncpg.create_pool(shop, min_size=1) as pool:
        await pool.execute(
            "UPDATE freedompay.requests SET state = 'unknown', next = NULL, due = NULL, "
            "ended_at = now(), delivered_at = now(), trouble = 'ask the issuer'"
        )
    module(CLIENT, BARE)
    worker = shell.start("worker", "--app", "shop:tracker")
    worker.says("working on requests of merchant 10001 at ")
    worker.interrupt()

    assert (worker.ends(), worker.stderr) == (1, STOPPED)


async def test_an_application_that_listens_itself_is_left_to_it(shell, module, shop):
    listening = BARE.replace(
        "pool())", "pool(), tell=lambda news: print('told', news.change, flush=True))"
    )
    module(CLIENT, listening)
    worker = shell.start("worker", "--app", "shop:tracker")
    worker.says("told looking\n")
    worker.interrupt()

    assert worker.ends() == 0
    assert worker.stdout == "told looking\ntold draining\n"


async def test_a_wrong_key_ends_it_before_a_request_is_sent(shell, module, orders, issuer):
    await orders(1)
    module(CLIENT, BARE)
    worker = shell.run("worker", "--app", "shop:tracker", FREEDOMPAY_SECRET_KEY="another")

    assert worker.ends() == 2
    assert worker.stderr.endswith(" It was a harmless status question; no request was sent.\n")
    assert issuer.effects == 0


async def test_a_database_without_the_tables_says_how_to_make_them(
    shell, module, bare_postgres_database
):
    shell.env |= {"SHOP_DATABASE": bare_postgres_database}
    module(CLIENT, BARE)
    worker = shell.run("worker", "--app", "shop:tracker")

    assert worker.ends() == 2
    assert "freedompay journal install" in worker.stderr


def test_without_the_extra_it_says_what_to_install(shell, module):
    module("tracker = 5")
    (shell.folder / "sitecustomize.py").write_text("import sys; sys.modules['asyncpg'] = None\n")
    worker = shell.run("worker", "--app", "shop:tracker", PYTHONPATH=str(shell.folder))

    assert worker.ends() == 2
    assert "pip install 'freedompay-async[postgres]'" in worker.stderr

"""The program, the commands and the snippets of docs/worker.md, on the sandbox and a real
PostgreSQL.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shlex
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from freedompay_async import NewClient
from freedompay_async.postgres import Tracker, TrackState
from tests.crash.conftest import Scene

PAGE = (Path(__file__).parents[2] / "docs" / "worker.md").read_text(encoding="utf-8")
SHOP, SQLALCHEMY, PERSON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ORDERS, RIGHTS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^ {4}((?:\w+=\S+ )?freedompay .*)$", PAGE, re.MULTILINE)
NOBODY = NewClient(phone=77010000001, type=1, resident=1, first_name="A", last_name="B")


class Base(DeclarativeBase):
    pass


class Order(Base):
    """A row of the page's table."""

    __tablename__ = "orders"

    number: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[str | None]
    state: Mapped[str | None]
    card_id: Mapped[str | None]


@pytest.fixture
def scene(tmp_path, bare_postgres_database, monkeypatch):
    """The folder of the shop, its issuer, and its tables, made as the page says."""
    with contextlib.ExitStack() as stack:
        scene = Scene(tmp_path, stack)
        scene.bank()
        scene.env |= {"SHOP_DATABASE": bare_postgres_database}
        (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
        install, scene.worker = map(words, COMMANDS)
        variable, value = install.pop(0).split("=")
        scene.env[variable] = scene.env[value.removeprefix("$")]
        made = scene.run(*install[1:])
        assert made.process.returncode == 0, made.stderr
        for name, value in scene.env.items():
            if name.startswith(("FREEDOMPAY_", "SHOP_")):
                monkeypatch.setenv(name, value)
        yield scene


def words(command):
    return shlex.split(command, comments=True)


@pytest.fixture
async def page(scene, bare_postgres_database):
    """The names of the page, as one program, with the shop's tracker open in this process."""
    names: dict = {"__name__": "docs.worker", "Order": Order, "select": select}
    for part in (SHOP, SQLALCHEMY, PERSON):
        exec(compile(part, "docs/worker.md", "exec"), names)
    async with names["tracker"]() as shop:
        await shop.pool.execute(ORDERS)
        operation = await shop.fp.clients.create(product_id=2000, client=NOBODY)
        client_id = (await operation.result()).client_id
        yield SimpleNamespace(**names, shop=shop, client_id=client_id)


async def orders(page):
    rows = await page.shop.pool.fetch("SELECT * FROM orders ORDER BY number")
    return [(row["number"], row["state"], row["card_id"]) for row in rows]


async def delivered(page, request_id):
    async with asyncio.timeout(60):
        while (now := await page.shop.get(page.shop.pool, request_id)).delivered_at is None:
            await asyncio.sleep(0.02)
    return now


def test_the_program_has_no_more_than_forty_lines():
    assert len(SHOP.splitlines()) <= 40


async def test_an_order_gets_its_card_and_the_worker_writes_it_down(scene, page):
    worker = scene.start(*scene.worker[1:])
    now = await page.place_order(page.shop, 17, page.client_id)
    await delivered(page, now.request_id)
    worker.process.terminate()

    assert (now.state, len(now.card_ids)) == (TrackState.DONE, 1)
    assert await orders(page) == [(17, "done", now.card_ids[0])]
    assert await asyncio.to_thread(worker.ends) == 0, worker.stderr


async def test_an_order_that_died_after_its_commit_is_sent_by_the_worker(scene, page):
    intent = page.shop.fp.intend.cards.issue(
        client_id=page.client_id, product_id=2000, key="order/18"
    )
    async with page.shop.pool.acquire() as db, db.transaction():
        await db.execute("INSERT INTO orders VALUES (18, $1)", intent.request_id)
        await page.shop.track(db, intent, tag="order/18")
    scene.start(*scene.worker[1:])
    now = await delivered(page, intent.request_id)

    assert await orders(page) == [(18, "done", now.card_ids[0])]


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_session_of_sqlalchemy_places_an_order_and_hears_of_its_end(
    page, driver, bare_postgres_database
):
    engine = create_async_engine(
        bare_postgres_database.replace("postgresql://", f"postgresql+{driver}://")
    )
    sessions = async_sessionmaker(engine)
    shop = Tracker(page.shop.fp, page.shop.pool)
    page.handle(shop, sessions)
    work = asyncio.create_task(shop.run())
    now = await page.order_card(shop, sessions, 19, page.client_id)
    await delivered(page, now.request_id)
    shop.stop()
    await work
    await engine.dispose()

    assert await orders(page) == [(19, "done", now.card_ids[0])]


async def test_a_role_with_the_rights_of_the_page_tracks_and_sends(
    page, postgres_server, bare_postgres_database
):
    role, database = f"web_{uuid4().hex}", bare_postgres_database.rsplit("/", 1)[1]
    grants = [line.replace(" to web;", f" to {role};") for line in RIGHTS.splitlines()]
    for statement in (f"CREATE ROLE {role} LOGIN", *grants, f"GRANT ALL ON orders TO {role}"):
        postgres_server.run(statement, database)
    try:
        async with asyncpg.create_pool(bare_postgres_database, user=role, min_size=1) as pool:
            web = Tracker(page.shop.fp, pool)
            first = await page.place_order(web, 20, page.client_id)
            report = await web.report(pool)
    finally:
        postgres_server.run(f"DROP OWNED BY {role}", database)
        postgres_server.run(f"DROP ROLE {role}")

    assert (first.state, report.counts) == (TrackState.DONE, {TrackState.DONE: 1})


async def test_a_person_sees_what_was_found_and_takes_it(page, capsys):
    intent = page.shop.fp.intend.cards.issue(
        client_id=page.client_id, product_id=2000, key="order/21"
    )
    operation = await page.shop.fp.send(intent, first_sent=None)
    (card,) = (await operation.result()).card_ids
    async with page.tracker() as later:
        found = await page.place_order(later, 21, page.client_id)
        await page.look(later)
        await page.settle(later, found.request_id, accept_found=True)
        now = await later.send_now(found.request_id)

    assert (found.state, found.found) == (TrackState.UNKNOWN, True)
    assert "order/21 unknown the issuer knew this request id" in capsys.readouterr().out
    assert (now.state, now.card_ids) == (TrackState.DONE, (card,))

"""What is never in a journal: the merchant's key, and documents."""

from __future__ import annotations

from base64 import b64encode


async def test_no_key_and_no_document_is_in_the_file(office, people):
    content = b"%PDF-1.4 " + bytes(range(256)) * 8
    office.document(content=content)
    file = office.file(
        [office.with_document(1), office.with_document(2, last_name="REFUSED"), *people(6)[2:]]
    )
    report = await office.issue(file)
    held = office.folder / "held"
    async with office.batch() as batch:
        await batch.report()
        with office.on_disk():
            held.mkdir()
            (office.folder / "image" / "run.db").rename(held / "run.db")
    kept = b"".join(path.read_bytes() for path in [*office.folder.glob("run.db*"), held / "run.db"])
    hidden = {
        "key": office.issuer.secret_key.encode(),
        "raw": content[9:265],
        "base64": b64encode(content)[12:100],
        "hex": content.hex().encode()[:200],
    }

    assert report.issued == 5
    assert b"77010000001" in kept
    assert {name for name, text in hidden.items() if text in kept} == set()


async def test_no_key_and_no_document_is_in_the_log_of_a_run_that_is_on(office, people):
    content = b"%PDF-1.4 " + bytes(range(256)) * 8
    office.document(content=content)
    file = office.file([office.with_document(1), *people(6)[1:]])
    async with office.batch() as batch:
        await office.plan(batch, file)
        await office.finish(batch)
        log = (office.folder / "run.db-wal").read_bytes()

    assert b"77010000001" in log
    assert [
        text
        for text in (office.issuer.secret_key.encode(), content[9:265], b64encode(content)[12:100])
        if text in log
    ] == []

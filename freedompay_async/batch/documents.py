"""The body of a row's first step, with the document of the plan."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import msgspec

from freedompay_async.batch.input.documents import DocumentProblem, open_document
from freedompay_async.contract.models import ClientCreation
from freedompay_async.redaction.secret import Document

if TYPE_CHECKING:
    from freedompay_async.batch.kept import PlannedRow

__all__ = ["creation"]


async def creation(planned: PlannedRow) -> ClientCreation:
    """The body that creates the client of a row.

    Raises:
        DocumentProblem: its document is not the one of the plan.
    """
    row = planned.row
    client = row.client
    if row.document is not None:
        document = await anyio.to_thread.run_sync(
            _document, Path(row.document), planned.document_sha256
        )
        client = msgspec.structs.replace(client, document=document)
    return ClientCreation(
        product_id=row.product_id,
        client=client,
        branch_id=row.branch_id,
        identification_info=row.identification_info,
    )


def _document(path: Path, sha256: str | None) -> Document:
    """The document in Base64. No frame in which an error may arise holds the content."""
    document, digest = _read_document(path)
    if digest != sha256:
        raise DocumentProblem(f"{path} is not the document that was planned")
    return document


def _read_document(path: Path) -> tuple[Document, str]:
    content = open_document(path)
    return Document(b64encode(content).decode("ascii")), hashlib.sha256(content).hexdigest()

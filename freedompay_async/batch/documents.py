"""The body of a row's first step, with the document of the plan, and where a machine has it."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import anyio
import msgspec

from freedompay_async.batch.input.documents import DocumentProblem, open_document
from freedompay_async.contract.models import ClientCreation
from freedompay_async.redaction.secret import Document

if TYPE_CHECKING:
    from freedompay_async.batch.kept import PlannedRow

__all__ = ["PLANNED_PLACE", "DocumentPlace", "creation", "lies_under"]


class DocumentPlace(NamedTuple):
    """Where this machine has the documents of a plan; both are real paths of folders."""

    planned: str | None
    """The folder that they were planned in; `None`: any place, and on this machine."""
    here: str | None
    """That folder on this machine; `None`: the same."""

    def find(self, document: str) -> Path:
        """The file of a document.

        Raises:
            DocumentProblem: it lies outside of the folder.
        """
        if self.planned is None:
            return Path(document)
        root = self.planned if self.here is None else self.here
        path = os.path.realpath(Path(root, os.path.relpath(document, self.planned)))
        if not lies_under(path, root):
            raise DocumentProblem(f"{path} lies outside of {root}")
        return Path(path)


PLANNED_PLACE: Final = DocumentPlace(None, None)
"""Where the plan has found them."""


def lies_under(path: str, root: str) -> bool:
    """Whether a real path is that of something in this folder."""
    return os.path.commonpath((path, root)) == root


async def creation(planned: PlannedRow, place: DocumentPlace = PLANNED_PLACE) -> ClientCreation:
    """The body that creates the client of a row.

    Raises:
        DocumentProblem: its document is not the one of the plan.
    """
    row = planned.row
    client = row.client
    if row.document is not None:
        document = await anyio.to_thread.run_sync(
            _document, place, row.document, planned.document_sha256
        )
        client = msgspec.structs.replace(client, document=document)
    return ClientCreation(
        product_id=row.product_id,
        client=client,
        branch_id=row.branch_id,
        identification_info=row.identification_info,
    )


def _document(place: DocumentPlace, name: str, sha256: str | None) -> Document:
    """The document in Base64. No frame in which an error may arise holds the content."""
    path = place.find(name)
    document, digest = _read_document(path)
    if digest != sha256:
        raise DocumentProblem(f"{path} is not the document that was planned")
    return document


def _read_document(path: Path) -> tuple[Document, str]:
    content = open_document(path)
    return Document(b64encode(content).decode("ascii")), hashlib.sha256(content).hexdigest()

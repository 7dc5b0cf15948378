"""A client file and its documents on disk, read row by row: CSV, JSON Lines, .xlsx and .ods."""

from __future__ import annotations

from freedompay_async.batch.files.documents import DocumentProblem, document_digest, open_document
from freedompay_async.batch.files.reading import read_file

__all__ = ["DocumentProblem", "document_digest", "open_document", "read_file"]

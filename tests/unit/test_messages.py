from __future__ import annotations

import pytest

from freedompay_async.codec.messages import Evidence, Message, Reply, Verdict


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            Message("POST", "/v5/card-api/card/info", {"Sign": "hunter2"}, b"hunter2"),
            "<POST /v5/card-api/card/info, 7 bytes>",
        ),
        (Reply(200, {"Set-Cookie": "hunter2"}, b"hunter2"), "<HTTP 200, 7 bytes>"),
        (
            Verdict(Evidence.TAKEN, "hunter2", {"a": "hunter2"}, Reply(200, {}, b"hunter2")),
            "<taken>",
        ),
    ],
    ids=["Message", "Reply", "Verdict"],
)
def test_repr_shows_neither_headers_nor_body(made, expected):
    assert (repr(made), str(made), f"{[made]}") == (expected, expected, f"[{expected}]")

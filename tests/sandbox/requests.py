"""Bodies and answers that several tests of the sandbox share."""

import json
from uuid import uuid4

from freedompay_async.sandbox.answers import encode as wire

DONE = {"status": "ok", "request_status": "success"}


def own() -> dict[str, str]:
    return {"request_id": str(uuid4())}


def bulk(**changes):
    return {"request_id": str(uuid4()), "product_id": 2000, "count": 2} | changes


def ask(request_id):
    return {"request_id": request_id}


def says(taken) -> dict:
    return json.loads(wire(taken.answer.body))

"""What gateways, proxies and web servers say in an issuer's place: in none of it the issuer says
anything.
"""

from __future__ import annotations

import gzip
import json

REFUSAL = b'{"status":"error","error_code":"unknown_request","dt":"2026-05-14T16:00:00+06:00"}'
SUCCESS = b'{"status":"ok","request_status":"success","dt":"2026-05-14T16:00:00+06:00","cards":[{"card_id":"card-1"}]}'
_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>403 "
    b"Forbidden</title></head><body><center>nginx</center></body></html>"
)
_SPRING = {
    "timestamp": "2026-05-14T10:00:00.000+00:00",
    "status": 404,
    "error": "Not Found",
    "path": "/v5/card-api/request/status",
}
FOREIGN: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n",
    "a text": b"Forbidden",
    "Traefik's text": b"404 page not found\n",
    "the text of Kubernetes": b"default backend - 404",
    "Kong's JSON": b'{"message":"no Route matched with those values","request_id":"4d1a7a50"}',
    "Spring's JSON": json.dumps(_SPRING).encode(),
    "JSON of AWS": b'{"message":"Missing Authentication Token"}',
    "a status alone": b'{"status":"error"}',
    "a success alone": b'{"status":"ok"}',
    "a status with a text": b'{"status":"error","message":"blocked by the firewall","code":403}',
    "an empty envelope": b'{"status":"error","dt":"","error_code":null,"request_status":null}',
    "an envelope without a status": b'{"dt":"2026-05-14T16:00:00+06:00","error_code":"no"}',
    "a page": _PAGE,
    "a page after a BOM": b"\xef\xbb\xbf" + _PAGE,
    "a compressed page": gzip.compress(_PAGE, mtime=0),
    "a compressed refusal": gzip.compress(REFUSAL, mtime=0),
    "a refusal after half a BOM": b"\xef\xbb" + REFUSAL,
    "a refusal in UTF-16": REFUSAL.decode().encode("utf-16"),
    "a cut refusal": REFUSAL[:40],
    "a cut success": SUCCESS[:-4],
    "a refusal twice": REFUSAL * 2,
    "a list of refusals": b"[" + REFUSAL + b"]",
    "a refusal inside": b'{"response":' + REFUSAL + b"}",
    "a text of a refusal": json.dumps(REFUSAL.decode()).encode(),
    "a number": b"403",
    "null": b"null",
    "true": b"true",
    "an empty object": b"{}",
    "deep": b"[" * 3_000,
    "a deep object": b'{"status":' * 600 + b"1" + b"}" * 600,
    "bytes": b"\xff\xfe\x00\x9c",
}
# Of the contract's form, and of two minds.
CONTRADICTIONS: dict[str, bytes] = {
    "an error of a success": b'{"status":"error","request_status":"success","dt":"now"}',
    "an error of a process": b'{"status":"error","request_status":"process","error_code":"no"}',
    "an error of what is queued": b'{"status":"error","request_status":"queued","dt":"now"}',
    "an error that names a card": b'{"status":"error","error_code":"no","cards":[{"card_id":"card-1"}]}',
    "an error that names a client": b'{"status":"error","dt":"now","client_id":7}',
    "an error that names a transaction": b'{"status":"error","dt":"now","transaction_id":"t-1"}',
    "a status that is there twice": b'{"status":"ok","request_status":"process","dt":"now","status":"error"}',
    "a status that is there twice, the other way": b'{"status":"error","dt":"now","status":"ok"}',
}

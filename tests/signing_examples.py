"""The vendor's examples of signatures, for what signs and for what checks."""

from __future__ import annotations

PATH = "/v5/card-api/request/status"
VENDORS_BODY = b'{"request_id":"828cf71d-a447-4a67-a149-c1df8bc197ca"}'
# Of merchant 123456 and the key "secret".
VENDORS_JWS = (
    "eyJ1cmkiOiIvdjUvY2FyZC1hcGkvcmVxdWVzdC9zdGF0dXMiLCJhdXRoX2lkIjoiMTIzNDU2IiwibWV0aG9kIjoiUE9TVCIsInBhcmFtcyI6IiIsImFsZyI6IkhTNTEyIn0"
    "..f1sQoeIpX_ZjOaykQzSeylvvKaVrEQV4gNM2ACFbEMkFDUV9Zk5WO1yQGEWez-vnQMVHodLBDVEyh5Xm2-3MjQ"
)
# Bodies and their `Sign`, with the key "some_secret_string".
SIGN_VECTORS = [
    (
        (
            b'{"cardholder_name":"IVANOV IVAN '
            b'IVANOVICH","phone":"79651234567","product_code":"1","card_id":555}'
        ),
        "9c90a4ddb3eca6808406c4febbcd1b07099895b145419520ed7a52165ba755e9",
    ),
    (
        (
            b'{"cardholder_name":"IVANOV IVAN '
            b'IVANOVICH","phone":79651234567,"product_code":1,"card_id":555}'
        ),
        "e052b3bd72f1653a556e0209b011c265a64a3ca352653f6f54767d3fafd62e74",
    ),
]

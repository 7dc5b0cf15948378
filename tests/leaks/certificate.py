"""A key and a certificate for `localhost` and 127.0.0.1 and nothing else, signed by itself."""

from __future__ import annotations

import ssl

KEY = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfnlmWCzebxnrR7/A
kdM5l5Qb3zHaXgseUM0J5KDHz5+hRANCAAQ+O+Y60dNTKhHO9tWITvhOSpjmtcWL
M+eOvVVHFC7Oa/x/7Ede/W9GW62WhOaUqeMmdphrxO4xLpO+XN9LETgZ
-----END PRIVATE KEY-----
"""
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIULSvH9D4wfvJRmn0oqwU79XU4cnMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTEwMzU0MVoYDzIxMjYxMDI4
MTAzNTQxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ+O+Y60dNTKhHO9tWITvhOSpjmtcWLM+eOvVVHFC7Oa/x/7Ede/W9G
W62WhOaUqeMmdphrxO4xLpO+XN9LETgZo28wbTAdBgNVHQ4EFgQUjH7x/MDav1Wt
fVRF+CYi5ISbr+QwHwYDVR0jBBgwFoAUjH7x/MDav1WtfVRF+CYi5ISbr+QwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgVmm/MTJrspJam41jlmaJzpxgd6GzOn2XTQACgCuuF8kCIGbi
Jes0O3TkHvmNMFy22RH/FNgpmsWN8QFqse03WXmT
-----END CERTIFICATE-----
"""


def server_context(folder) -> ssl.SSLContext:
    """The files are written to the folder, because a key is loaded from a file only."""
    (folder / "key.pem").write_text(KEY)
    (folder / "cert.pem").write_text(CERTIFICATE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=CERTIFICATE)

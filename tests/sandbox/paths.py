"""Paths that several tests of the sandbox ask for."""

PAGES = [
    "/",
    "/sandbox/health",
    "/sandbox/about",
    "/sandbox/ledger",
    "/sandbox/cards",
    "/sandbox/gift-cards",
    "/sandbox/open",
]

"""The tables of shared rates, as they are made."""

from __future__ import annotations

from typing import Final

__all__ = ["RATE_TABLES"]

RATE_TABLES: Final = """
CREATE TABLE freedompay.rates (
    name text PRIMARY KEY,
    per_second double precision NOT NULL CHECK (per_second > 0),
    -- Goes up by one with every change: who has read an older one changes nothing.
    version bigint NOT NULL DEFAULT 0,
    -- The calls a second at which the issuer answered 429 last, and when. NULL: it never did.
    refused_at_rate double precision CHECK (refused_at_rate > 0),
    refused_at timestamptz
) WITH (fillfactor = 50);

CREATE TABLE freedompay.rate_shares (
    rate text NOT NULL REFERENCES freedompay.rates (name) ON DELETE CASCADE,
    holder text NOT NULL,
    -- Both are calls a second: what the holder may let leave, and what it would if it could.
    share double precision NOT NULL CHECK (share >= 0),
    want double precision NOT NULL CHECK (want >= 0),
    valid_until timestamptz NOT NULL,
    PRIMARY KEY (rate, holder)
) WITH (fillfactor = 50);
"""
"""Statements, each ended by `;`. The schema `freedompay` has to be there."""

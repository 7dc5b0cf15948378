"""Seals for stored intents, ready to use; `docs/intents.md` shows them."""

from freedompay_async.intents.sealing import NotOpened, Seal
from freedompay_async.intents.seals import AesGcmSeal, FernetSeal

__all__ = ["AesGcmSeal", "FernetSeal", "NotOpened", "Seal"]

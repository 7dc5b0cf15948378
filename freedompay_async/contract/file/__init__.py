"""Contract files: how an issuer's contract differs from the library's table, as TOML."""

from freedompay_async.contract.file.reading import ContractFile, overrides_of, read_contract

__all__ = ["ContractFile", "overrides_of", "read_contract"]

"""A contract file: what the vendor gave in place of this library's table, written down outside of
the code.
"""

from freedompay_async.contract.file.reading import ContractFile, overrides_of, read_contract

__all__ = ["ContractFile", "overrides_of", "read_contract"]

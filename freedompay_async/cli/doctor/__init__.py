"""`freedompay doctor`: finds what is wrong between this machine and the issuer."""

from freedompay_async.cli.doctor.command import doctor

__all__ = ["doctor"]

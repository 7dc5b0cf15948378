"""Certificates that live for a test."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Authority"]


class Authority:
    """Signs certificates for a test; nobody trusts it who is not told to."""

    def __init__(self, folder) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("an authority of the tests")
        self._made = 0
        self.pem = self._sign(self._name, self._key, days=(-1, 3650), hosts=(), authority=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(self.pem)

    def _sign(self, name, key, *, days, hosts, authority=False, itself=None) -> bytes:
        now = dt.datetime.now(dt.UTC)
        made = x509.CertificateBuilder(
            issuer_name=name if itself else self._name,
            subject_name=name,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=now + dt.timedelta(days=days[0]),
            not_valid_after=now + dt.timedelta(days=days[1]),
        )
        made = made.add_extension(
            x509.BasicConstraints(ca=authority, path_length=None), critical=True
        )
        made = made.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        signer = itself or self._key
        made = made.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        usage = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        made = made.add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=authority, crl_sign=authority, **usage
            ),
            critical=True,
        )
        if hosts:
            made = made.add_extension(
                x509.SubjectAlternativeName([_alternative(host) for host in hosts]), critical=False
            )
        return made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def server(self, *hosts, days=(-1, 30), itself=False) -> ssl.SSLContext:
        """For a server under these names, for these days from now; `itself`: signed by nobody else."""
        key = ec.generate_private_key(ec.SECP256R1())
        pem = self._sign(
            _named(hosts[0]), key, days=days, hosts=hosts, itself=key if itself else None
        )
        form = (
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._made += 1
        file = self._folder / f"server-{self._made}.pem"
        file.write_bytes(key.private_bytes(*form) + pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def trusted(self) -> ssl.SSLContext:
        """For a client that trusts this authority and no other."""
        return ssl.create_default_context(cadata=self.pem.decode())


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)

"""The settings as flags of a command; each wins over its environment variable."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from freedompay_async.cli.output import say
from freedompay_async.cli.transport_choice import choose_transport
from freedompay_async.client import FreedomPay
from freedompay_async.settings.proxies import Way
from freedompay_async.settings.schemes import read_schemes, signers_of
from freedompay_async.settings.settings import Settings, endpoint_of, region_scheme

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from freedompay_async.crypto.signing import Signer
    from freedompay_async.traffic.rate import Rate

__all__ = ["SETTINGS", "SettingsFlags", "with_settings"]


def _flag(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel="Settings", **more)


SETTINGS: Final[dict[str, tuple[Any, Any]]] = {
    "auth_id": (
        Annotated[str | None, _flag("Merchant id. [FREEDOMPAY_AUTH_ID]", "--auth-id")],
        None,
    ),
    "region": (Annotated[str | None, _flag("KZ, KG or UZ. [FREEDOMPAY_REGION]", "--region")], None),
    "test": (
        Annotated[
            bool | None,
            _flag(
                "The region's test host, or the live one, where cards are real. Needed where a "
                "region has both, unless there is a base URL. [FREEDOMPAY_TEST]",
                "--test/--live",
            ),
        ],
        None,
    ),
    "base_url": (
        Annotated[
            str | None, _flag("Wins over the region's host. [FREEDOMPAY_BASE_URL]", "--base-url")
        ],
        None,
    ),
    "scheme": (
        Annotated[
            str | None,
            _flag(
                "How calls are signed: jws-hs512, jws-hs256 or sign; or one for each section, "
                "such as payment-cards=jws-hs256,gift-cards=sign. Left out, the region's. "
                "[FREEDOMPAY_SIGNATURE]",
                "--scheme",
            ),
        ],
        None,
    ),
    "contract": (
        Annotated[
            Path | None,
            _flag(
                "A file with changes of the contract. [FREEDOMPAY_CONTRACT]",
                "--contract",
                metavar="FILE.toml",
            ),
        ],
        None,
    ),
    "proxy": (
        Annotated[
            str | None,
            _flag(
                "An HTTP proxy to go through, such as http://proxy.example.com:3128. If it has a "
                "password, use the variable: other users of the machine can read flags. "
                "[FREEDOMPAY_PROXY]",
                "--proxy",
                metavar="URL",
            ),
        ],
        None,
    ),
    "trust_env": (
        Annotated[
            bool, _flag("Go through the proxy that HTTPS_PROXY and NO_PROXY name.", "--trust-env")
        ],
        False,
    ),
    "verbose": (
        Annotated[
            bool,
            _flag("Say on standard error which transport carries the calls.", "--verbose", "-v"),
        ],
        False,
    ),
}
"""Annotation and default of each parameter, by its name."""
# Flags without a variable.
_FLAGS_ONLY: Final = ("trust_env", "verbose")


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFlags:
    """The values of a command's settings flags."""

    auth_id: str | None = None
    region: str | None = None
    test: bool | None = None
    base_url: str | None = None
    scheme: str | None = None
    contract: Path | None = None
    proxy: str | None = None
    trust_env: bool = False
    verbose: bool = False

    def settings(self) -> Settings:
        """The settings of the flags, and of the environment where a flag is left out.

        Raises:
            ConfigurationError: one is missing or wrong.
        """
        return Settings.from_env(
            {
                field.name: getattr(self, field.name)
                for field in fields(self)
                if field.name not in _FLAGS_ONLY
            }
        )

    def client(
        self,
        *,
        max_connections: int = 64,
        rate: float | Rate | None = None,
        record: Path | None = None,
        signing: Callable[[Signer], Signer] | None = None,
    ) -> FreedomPay:
        """A client with these settings.

        Args:
            max_connections: as in `FreedomPay`.
            rate: as in `FreedomPay`.
            record: as in `FreedomPay`.
            signing: makes the signer to use of each signer of the settings.

        Raises:
            ConfigurationError: a setting is missing or wrong.
        """
        settings = self.settings()
        host = endpoint_of(settings.region, test=settings.test, base_url=settings.base_url)
        choice = choose_transport(
            Way.of(host.base_url, proxy=settings.proxy, trust_env=self.trust_env)
        )
        if self.verbose:
            say(f"transport: {choice}")
        signers = None
        if signing is not None:
            chosen = {} if settings.scheme is None else read_schemes(settings.scheme)
            made = signers_of(
                region_scheme(settings.region),
                chosen,
                auth_id=settings.auth_id,
                secret_key=settings.secret_key,
            )
            signers = {section: signing(signer) for section, signer in made.items()}
        return FreedomPay.from_settings(
            settings,
            signer=signers,
            max_connections=max_connections,
            rate=rate,
            record=record,
            trust_env=self.trust_env,
            transport=choice.transport,
        )


def with_settings(
    command: Callable[..., None], *, only: Collection[str] = SETTINGS
) -> Callable[..., None]:
    """Give a command the flags of these settings; it gets them as `settings_flags`."""

    def with_flags(**own: Any) -> None:
        settings_flags = SettingsFlags(**{name: own.pop(name) for name in only})
        command(**own, settings_flags=settings_flags)

    signature = inspect.signature(command, eval_str=True)
    parts = [
        part.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, part in signature.parameters.items()
        if name != "settings_flags"
    ]
    parts += [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=SETTINGS[name][0],
            default=SETTINGS[name][1],
        )
        for name in only
    ]
    with_flags.__name__, with_flags.__doc__, with_flags.__module__ = (
        command.__name__,
        command.__doc__,
        command.__module__,
    )
    with_flags.__signature__ = inspect.Signature(parts)  # type: ignore[attr-defined]
    with_flags.__annotations__ = {part.name: part.annotation for part in parts}
    return with_flags

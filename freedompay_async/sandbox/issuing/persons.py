"""The issuer's checks of a client's data: their form, not their truth."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from unicodedata import category, name

__all__ = [
    "COUNTRIES",
    "check_birthdate",
    "check_country",
    "check_email",
    "check_person_id",
    "check_phone",
]

# A country code, and the number of digits of its phone numbers.
_LENGTHS: Final = (
    *(
        ("1", 11),
        ("7", 11),
        ("90", 12),
        ("91", 12),
        ("373", 11),
        ("374", 11),
        ("375", 12),
        ("380", 12),
    ),
    *(("992", 12), ("993", 11), ("994", 12), ("995", 12), ("996", 12), ("998", 12)),
)
_OTHERS: Final = range(10, 16)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_FIRST_YEAR: Final = 1900
_IIN_LENGTH: Final = 12


def check_phone(phone: int) -> None:
    """Raises `ValueError` for a phone that is no whole number with its country code."""
    digits = str(phone)
    for code, length in _LENGTHS:
        if digits.startswith(code):
            if len(digits) != length:
                raise ValueError(
                    f"`client.phone` has {len(digits)} digits, with {code} it needs {length}"
                )
            return
    if len(digits) not in _OTHERS or re.fullmatch("8[79][0-9]{9}", digits):
        raise ValueError("`client.phone` is no number with a country code")


def check_birthdate(born: date) -> None:
    """Raises `ValueError` for an impossible birthdate."""
    # The client's time zone is not known, and somewhere it is tomorrow already.
    if born.year < _FIRST_YEAR or born > (datetime.now(UTC) + timedelta(days=1)).date():
        raise ValueError("`client.birthdate` is before 1900 or in the future")


def check_email(email: str) -> None:
    """Raises `ValueError` for what is no address, or mixes two scripts in one word."""
    if not _EMAIL.fullmatch(email) or not email.isprintable():
        raise ValueError("`client.email` is no address")
    local, _, domain = email.partition("@")
    for word in (local, *domain.split(".")):
        if len({name(char, "?").split()[0] for char in word if category(char)[0] == "L"}) > 1:
            raise ValueError("`client.email` has letters of two scripts in one word")


def check_country(country: str, field: str) -> None:
    """Raises `ValueError` for three letters that are no country."""
    if country not in COUNTRIES:
        raise ValueError(f"`{field}` is no country")


def check_person_id(person_id: str, country: str | None) -> None:
    """Raises `ValueError` for an empty number, or for digits that are no Kazakh number."""
    if not person_id.strip() or not person_id.isprintable():
        raise ValueError("`client.person_id` is empty, or has what can't be printed")
    if country == "KAZ" and re.fullmatch("[0-9]+", person_id) and len(person_id) != _IIN_LENGTH:
        raise ValueError("`client.person_id` has digits only, and not twelve")


COUNTRIES: Final = frozenset(
    """
    ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR
    BHR BHS BIH BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG
    COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH
    FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY
    HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM
    KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL
    MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR
    NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU
    SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA
    TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB
    VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
    """.split()  # noqa: SIM905  249 quoted words would hide a wrong one
)
"""Every officially assigned ISO 3166-1 alpha-3 code."""

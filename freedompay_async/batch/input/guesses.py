"""Guesses which column a name means, in Russian, Kazakh, Kyrgyz, Uzbek and English."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from freedompay_async.batch.input.mapping import normalized

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

__all__ = ["guess", "looks_like_names", "suggestion"]

_WORDS: Final[dict[str, str]] = {
    "key": (
        "ключ, id, ид, код заявки, номер заявки, № заявки, номер анкеты, № анкеты, заявка, "
        "табельный номер, кілт, kalit, application, application id, application number, row key"
    ),
    "phone": (
        "телефон, номер телефона, тел, мобильный, мобильный телефон, моб телефон, номер "
        "мобильного, сотовый, сотовый телефон, контактный телефон, телефон клиента, телефон "
        "нөмірі, ұялы телефон, телефон номери, telefon, telefon raqami, telefon raqam, телефон "
        "рақами, phone number, mobile, mobile phone, mobile number, telephone, tel, cell, cell "
        "phone, msisdn"
    ),
    "first_name": (
        "имя, имя латиницей, имя латинскими, имя латиница, имя лат, имя на латинице, имя "
        "клиента, аты, есімі, ысымы, ism, ismi, исм, исми, given name, forename, firstname"
    ),
    "last_name": (
        "фамилия, фамилия латиницей, фамилия латинскими, фамилия латиница, фамилия лат, фамилия "
        "на латинице, фамилия клиента, тегі, фамилиясы, familiya, familiyasi, фамилияси, "
        "surname, family name, lastname"
    ),
    "middle_name": (
        "отчество, отчество латиницей, отчество латиница, отчество лат, отчество на латинице, "
        "әкесінің аты, атасынын аты, otasining ismi, sharifi, отасининг исми, patronymic, second "
        "name"
    ),
    "birthdate": (
        "дата рождения, дата рожд, день рождения, др, д р, туған күні, туулган күнү, tugilgan "  # noqa: RUF001  it is Cyrillic
        "sana, tugilgan sanasi, tugilgan kuni, туғилган сана, туғилган санаси, date of birth, "
        "birth date, birthday, dob"
    ),
    "email": (
        "почта, электронная почта, эл почта, адрес электронной почты, имейл, емейл, мейл, "
        "электрондық пошта, пошта, электрондук почта, elektron pochta, электрон почта, e mail, "
        "mail, email address"
    ),
    "country": (
        "страна, гражданство, страна гражданства, ел, азаматтығы, азаматтық, өлкө, жарандыгы, "
        "davlat, fuqaroligi, fuqarolik, давлат, фуқаролиги, citizenship, nationality, country "
        "code"
    ),
    "person_id": (
        "иин, инн, пин, пинфл, жсн, жшшир, pinfl, jshshir, iin, личный номер, персональный "
        "номер, индивидуальный идентификационный номер, персональный идентификационный номер, "
        "жеке сәйкестендіру нөмірі, personal number, personal id, national id, person id"
    ),
    "language": "язык, язык клиента, тіл, тілі, тил, тили, til, lang",
    "document": (
        "документ, файл, файл документа, скан, скан документа, pdf, құжат, документтин файлы, "
        "hujjat, ҳужжат, file, scan, document file, passport scan"
    ),
    "external_user_id": (
        "id клиента, ид клиента, код клиента, номер клиента, id пользователя, user id, customer "
        "id, client id, external id"
    ),
    "type": "тип, тип клиента, түрі, turi, client type",
    "resident": "резидент, резидентство, признак резидентства, резиденттік, rezident, residency",
    "branch_id": (
        "филиал, код филиала, отделение, код отделения, бөлімше, filial, branch, branch code"
    ),
    "idn_date": "дата идентификации, identification date",
    "identified_by": "кем идентифицирован, идентифицировал, кто идентифицировал",
    "product_id": "продукт, код продукта, өнім, mahsulot, product, product code",
}
_PARTS: Final = {
    "country": ("страна", "country"),
    "postal_code": ("индекс", "почтовый индекс", "postal code", "postcode", "zip", "zip code"),
    "line1": ("город", "населенный пункт", "city"),
    "line2": ("улица", "street"),
    "line3": ("дом", "building", "house"),
}
_ADDRESSES: Final = {
    1: (
        "регистрации",
        "прописки",
        "по прописке",
        "прописка",
        "регистрация",
        "of registration",
        "registration",
    ),
    2: (
        "проживания",
        "фактический",
        "фактического проживания",
        "проживание",
        "факт",
        "of residence",
        "residence",
    ),
}
_KNOWN_AT_LEAST: Final = 2
_LISTED: Final = 40
_LONGEST: Final = 80


def _form(name: str) -> str:
    """As `normalized`, without punctuation, and with one letter for those that people mix up."""
    words = re.sub(r"[^\w\s]+", " ", re.sub(r"[‘’'ʻʼ`]", "", normalized(name))).split()  # noqa: RUF001
    return " ".join(words).replace("ё", "е")  # noqa: RUF001


def _known() -> dict[str, str]:
    known = {_form(word): column for column, words in _WORDS.items() for word in words.split(",")}
    for number, ends in _ADDRESSES.items():
        for part, names in _PARTS.items():
            known |= {f"{name} {end}": f"address{number}_{part}" for name in names for end in ends}
    return known


_KNOWN: Final = _known()


def guess(name: str) -> str | None:
    """The column that a name probably means; `None`: it is not known."""
    return _KNOWN.get(_form(name)) if len(name) <= _LONGEST else None


def suggestion(unknown: Sequence[str], taken: Collection[str]) -> list[str]:
    """A map of unknown columns as lines of TOML; empty if no column can be guessed.

    `taken` are the columns that the file already has.
    """
    found: dict[str, str] = {}
    left: list[str] = []
    for name in unknown:
        column = guess(name)
        if column is None or column in found or column in taken:
            left.append(name)
        else:
            found[column] = name
    left = [name for name in left if len(name) <= _LONGEST]
    if not found:
        return []
    lines = [
        (
            "# A map of these columns, as far as their names are known. Check it, save it as "
            "columns.toml,"
        ),
        "# and name it: --columns columns.toml",
        *(f"{column} = {_quoted(name)}" for column, name in found.items()),
    ]
    if left:
        lines.append(
            "# These are not known. Name the column of each, or leave them out with a line like "
            "this without the #:"
        )
        lines.append(f"# ignore = [{', '.join(_quoted(name) for name in left[:_LISTED])}]")
    return lines


def looks_like_names(names: Iterable[str]) -> bool:
    """Whether these are names of columns in another language, and not a row of data."""
    return sum(guess(name) is not None for name in names) >= _KNOWN_AT_LEAST


def _quoted(name: str) -> str:
    # JSON escapes as TOML does, except for one character.
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")

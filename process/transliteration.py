"""Spells text of other scripts in ASCII letters, as far as that is readable. Pure tables, for ids."""

import unicodedata


def _table(letters: str, sounds: str) -> dict[str, str]:
    return dict(zip(letters, sounds.split(), strict=True))


_LATIN = _table("ßæœøłđðþıħŋ", "ss ae oe o l d d th i h n")
_GREEK = _table("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o")
_CYRILLIC = _table(
    "абвгдежзийклмнопрстуфхцчшщыэюяіїєґђћљњџўјё",
    "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch y e yu ya i i ye g dj c lj nj dz u j e",
)
_LETTERS = _LATIN | _GREEK | _CYRILLIC | {"ъ": "", "ь": ""}
_SYLLABLES = ("HANGUL SYLLABLE ", "HIRAGANA LETTER ", "KATAKANA LETTER ")
"""Beginnings of the names of characters that Unicode calls by their sound."""


def in_ascii(text: str) -> str:
    """Return the text in lower case with ASCII letters and digits; other signs are spaces.

    Scripts of whose signs the sound is not known, such as Chinese, become spaces, too.
    """
    out = ""
    for character in unicodedata.normalize("NFKC", text).casefold():
        out = _with(out, character)
    return " ".join(out.split())


def _with(out: str, character: str) -> str:
    """Return the text so far with this character."""
    if character.isascii():
        return out + (character if character.isalnum() else "" if character == "'" else " ")
    if character in _LETTERS:
        return out + _LETTERS[character]
    name = unicodedata.name(character, "")
    if name.startswith(_SYLLABLES):
        sound = name.split(" ", 2)[2]
        return out + (sound.split()[-1].lower() if sound.replace(" ", "").isalpha() else "")
    if " VOWEL SIGN " in name and out[-1:] == "a":  # of an Indic script: it replaces the vowel before it
        return out[:-1] + _word(name)
    if name.endswith(" VIRAMA"):
        return out.removesuffix("a")
    if name.startswith(_INDIC) and " LETTER " in name:
        return out + _word(name)
    plain = [c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c)]
    if plain != [character]:
        return out + "".join(c if c.isascii() and c.isalnum() else _LETTERS.get(c, "") for c in plain)
    return out if unicodedata.category(character)[0] == "M" or character in "’ʼ\u200c\u200d" else out + " "


_INDIC = (
    "DEVANAGARI",
    "BENGALI",
    "GURMUKHI",
    "GUJARATI",
    "ORIYA",
    "TAMIL",
    "TELUGU",
    "KANNADA",
    "MALAYALAM",
    "SINHALA",
)
_VOWELS = {"aa": "a", "ii": "i", "uu": "u", "ee": "e", "oo": "o"}


def _word(name: str) -> str:
    """Return the sound at the end of a character's name, such as `ka` of DEVANAGARI LETTER KA."""
    sound = name.rpartition(" ")[2].lower()
    return _VOWELS.get(sound, sound) if sound.isalpha() else ""

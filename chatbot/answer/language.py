"""Which language the fixed texts of a reply are in."""

from __future__ import annotations

LANGUAGES = ("en", "de", "es", "fr", "it")  # what every template is written in


def language_of_texts(reader: str, question: str) -> str:
    """The language of the fixed texts, one of LANGUAGES: that of the question's own words, else the reader's.

    ``reader`` is ``Audience.language``, ``question`` what the question was recognised as (``Preference.language``);
    English where neither is one of LANGUAGES.
    """
    return next((language for language in (question, reader) if language in LANGUAGES), LANGUAGES[0])


def language_accepted(header: str) -> str:
    """The first of LANGUAGES that an ``Accept-Language`` header prefers (RFC 9110, section 12.5.4); else English."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")):
        tag, _, parameter = part.strip().partition(";")
        weight = _weight(parameter)
        language = tag.strip().casefold().partition("-")[0]
        if language in LANGUAGES and weight > 0:
            ranked.append((-weight, place, language))
    return min(ranked)[2] if ranked else LANGUAGES[0]


def _weight(parameter: str) -> float:
    """The ``q`` of a language range; one without it counts full, one that can't be read not at all."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    digits = value.strip().replace(".", "", 1)
    return min(float(value), 1.0) if name.strip() == "q" and digits.isascii() and digits.isdigit() else 0.0

"""What a passage speaks of, from the headings it stands under: what a medicine achieves, or what it may do to somebody.

Labels in Europe have numbered headings (QRD template of the EMA), American ones others (21 CFR 201.57); sheets and
leaflets have plain ones. They are compared by folded words, in the languages that documents here come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from index.analysis import words

SAFETY_SHEET = "important safety information"  # the document type that is all of it safety text
STUDY_SUMMARY = "study summary"
# By what is told first: who must not have it, what to look out for, what may happen.
_SAFETY = (
    (
        *("contraindications", "contraindication", "do not use", "do not take", "must not use", "must not be used"),
        *("gegenanzeigen", "kontraindikationen", "nicht anwenden", "contre indications", "contraindicaciones"),
        *("no use", "no tome", "controindicazioni", "kontraindikationer"),
    ),
    (
        *("special warnings", "warnings", "boxed warning", "warning", "warnhinweise", "mises en garde", "advertencias"),
        *("avvertenze", "særlige advarsler"),
    ),
    (
        *("undesirable effects", "adverse reactions", "side effects", "adverse events", "nebenwirkungen"),
        *("unerwünschte wirkungen", "effets indésirables", "reacciones adversas", "efectos adversos"),
        *("effetti indesiderati", "reazioni avverse", "bivirkninger"),
    ),
)
_CLERICAL = (  # under those headings too, and of no use to the patient: how to report, which batch number to keep
    *("reporting", "meldung", "déclaration", "notificación", "segnalazione", "indberetning"),
    *("traceability", "rückverfolgbarkeit", "traçabilité", "trazabilidad", "tracciabilità", "sporbarhed"),
)
_EFFICACY = (
    *("clinical efficacy", "efficacy", "clinical studies", "clinical trials", "effectiveness"),
    *("klinische wirksamkeit", "wirksamkeit", "klinische studien", "efficacité", "études cliniques"),
    *("eficacia", "ensayos clínicos", "estudios clínicos", "efficacia", "studi clinici", "klinisk virkning"),
)


def safety_rank(path: Iterable[str]) -> int | None:
    """0 under contraindications, 1 under warnings, 2 under undesirable effects; ``None`` anywhere else.

    The first of them that a heading of ``path`` names counts.
    """
    headings = _folded(path)
    if _any(headings, _CLERICAL):
        return None
    return next((rank for rank, phrases in enumerate(_SAFETY) if _any(headings, phrases)), None)


def is_safety_text(document_type: str, path: Sequence[str]) -> bool:
    """Whether text under ``path`` of such a document tells what a medicine may do to somebody.

    A safety sheet does all over, but for how to report.
    """
    if document_type == SAFETY_SHEET:
        return not _any(_folded(path), _CLERICAL)
    return safety_rank(path) is not None


def is_efficacy_text(document_type: str, path: Sequence[str]) -> bool:
    """Whether text under ``path`` of such a document tells what a medicine achieves.

    A study summary does all over, but for its sections on safety.
    """
    if safety_rank(path) is not None:
        return False
    return document_type == STUDY_SUMMARY or _any(_folded(path), _EFFICACY)


def _folded(path: Iterable[str]) -> list[str]:
    return [f" {' '.join(words(heading))} " for heading in path]


def _any(headings: Iterable[str], phrases: Iterable[str]) -> bool:
    wanted = tuple(f" {phrase} " for phrase in phrases)
    return any(phrase in heading for heading in headings for phrase in wanted)

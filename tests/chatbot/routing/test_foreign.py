"""Which texts no detector was written for."""

from __future__ import annotations

import pytest

from chatbot.routing.foreign import is_foreign, is_unread


@pytest.mark.parametrize(
    "text",
    [
        "Can I have the Velmarin card that we had?",
        "Do I have to stop it, or can we go on?",
        "Velmarin vor einer OP absetzen",
        "Quelle est la dose de Velmarin ?",
        "¿Qué dosis de Velmarin?",
        "Velmarin dose for Mr Šafář",
        "TNF-α and β2 blockers with 5 µg of Velmarin",
        "\uff34\uff48\uff45 \uff44\uff4f\uff53\uff45",  # the same letters, wider
        "",
        "42",
    ],
)
def test_questions_in_our_languages_are_read(text: str) -> None:
    assert not is_foreign(text)
    assert not is_unread(text)


@pytest.mark.parametrize(
    "text",
    [
        "Pacjent dostał wysypki po Velmarin",
        "Hastamda Velmarin sonrası döküntü oldu",
        "Pacient měl po Velmarinu vyrážku",
        "У пациента после Velmarin появилась сыпь",
        "患者服用Velmarin后出现皮疹",
        "Ο ασθενής εμφάνισε εξάνθημα μετά το Velmarin",
    ],
)
def test_what_shares_neither_letters_nor_words_with_ours_is_unread(text: str) -> None:
    assert is_foreign(text)
    assert is_unread(text)


@pytest.mark.parametrize("text", ["Min patient fik udslæt efter Velmarin", "Minha paciente teve uma erupção"])
def test_a_near_language_is_told_by_its_common_words(text: str) -> None:
    assert is_foreign(text)
    assert not is_unread(text)

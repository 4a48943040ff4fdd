from __future__ import annotations

from index.documents import Documents, EditionDocument, document_from_row, document_row, product_of

VELMARIN = EditionDocument("1" * 64, "a" * 64, "a.pdf", "Label", "en", ("Velmarin Plus", "lodisartan/HCT"))
CARD = EditionDocument("2" * 64, "b" * 64, "b.pdf", "Card", "de", ("Velmarin Plus", "lodisartan/HCT"))
LUMETRA = EditionDocument("3" * 64, "c" * 64, "c.pdf", "Label", "en", ("Lumetra",))
NAMELESS = EditionDocument("4" * 64, "d" * 64, "d.pdf", "House Rules", "en", ())
ALL = Documents((VELMARIN, CARD, LUMETRA, NAMELESS))


def test_they_stay_in_their_order() -> None:
    assert tuple(ALL) == (VELMARIN, CARD, LUMETRA, NAMELESS)
    assert (len(ALL), ALL[2], tuple(ALL[1:3])) == (4, LUMETRA, (CARD, LUMETRA))


def test_documents_of_a_product_are_known_by_its_first_name_or_the_title() -> None:
    assert [product_of(document) for document in ALL] == ["velmarin plus", "velmarin plus", "lumetra", "house rules"]
    assert ALL.of("velmarin plus").tolist() == [0, 1]
    assert ALL.of("zolpifex").tolist() == []
    assert ALL.about(("lumetra", "house rules", "zolpifex")).tolist() == [False, False, True, True]


def test_documents_are_known_by_their_language() -> None:
    assert ALL.speaking("de").tolist() == [False, True, False, False]
    assert not ALL.speaking("fr").any()


def test_a_question_names_a_product_by_whole_words_anywhere_in_it() -> None:
    assert ALL.named("Lumetra or velmarin plus?") == ("lumetra", "velmarin plus")
    assert ALL.named("is lodisartan safe") == ("velmarin plus",)
    assert ALL.named("lumetras, plus, house rules") == ()


def test_a_phrase_is_found_in_names_as_whole_words() -> None:
    assert ALL.naming("plus").tolist() == [True, True, False, False]
    assert ALL.naming("lodisartan hct").tolist() == [True, True, False, False]
    assert not ALL.naming("plus lodisartan").any()  # of two names
    assert not ALL.naming("lumet").any()


def test_no_documents_name_nothing() -> None:
    assert Documents(()).named("velmarin") == ()
    assert Documents(()).about(("velmarin",)).tolist() == []


def test_a_document_survives_its_row() -> None:
    assert document_from_row(document_row(VELMARIN)) == VELMARIN

"""portal.toml: read strictly, and an error says what, where and the way out."""

from __future__ import annotations

import pytest

from chatbot.errors import Misconfigured
from chatbot.policy import load_policy

DESKS = """
[contacts]
safety_url = "https://x.example/safety"
medical_information_url = "https://x.example/mi"
commercial_url = "https://x.example/sales"
"""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("contacts = [", "portal.toml: the file: not readable as TOML"),
        ("[contact]", "the file: unknown contact; write contacts, texts, tone, policy only"),
        ("contacts = 3", "contacts: write a table, [contacts]"),
        ('[contacts]\nsafety_url = "https://x.example"', "contacts.medical_information_url: is missing"),
        (DESKS + 'fax = "1"', "contacts: unknown fax"),
        (DESKS + 'emergency = ["112"]', "contacts: unknown emergency"),  # a number holds in a country
        (DESKS + 'safety_phone_24h = "call us"', "contacts.safety_phone_24h: write a telephone number"),
        (
            DESKS.replace("https://x.example/mi", "javascript:alert(1)"),
            "contacts.medical_information_url: write an add",
        ),
        (DESKS.replace("https://x.example/mi", "//evil.example"), "contacts.medical_information_url: write an address"),
        (DESKS.replace("https://x.example/mi", "http://x.example"), "contacts.medical_information_url: write an addre"),
        (DESKS + "[contacts.XX]", "contacts.XX: 'XX' is no country"),
        (DESKS + "[contacts.de]", "contacts.de: 'de' is no country"),
        (DESKS + '[contacts.DE]\nemergency = "112"', "contacts.DE.emergency: write a list of telephone numbers"),
        (DESKS + "[contacts.DE]\nemergency = [112]", "contacts.DE.emergency: write a telephone number"),
        (DESKS + '[contacts.DE]\nscheme_name = "a\\nb"', "contacts.DE.scheme_name: write a name in one line"),
        ('[tone]\nformal = "yes"', "tone.formal: write true or false"),
        ("[tone]\ncasual = true", "tone: unknown casual; write formal only"),
        ('[texts]\nen = "hello"', "texts.en: write a table a language"),
        ("[texts.en]\nact_greeting = 3", "texts.en.act_greeting: write a text"),
        ('[texts.pl]\nact_greeting = "Cześć"', "texts.pl.act_greeting: no language of the texts"),
        ('[texts.en]\nhandover_safety = "Never mind"', "texts.en.handover_safety: no text that a portal words itself"),
        (
            '[texts.en]\ngreeting = "Hi"',
            "texts.en.greeting: no text that a portal words itself; write one of act_chitch",
        ),
        ('[texts.en]\nact_greeting = "{{ name"', "texts.en.act_greeting: no template that can be filled"),
        ('[texts.en]\nact_greeting = "{{ 1 / 0 }}"', "texts.en.act_greeting: no template that can be filled"),
        ('[texts.en]\nact_greeting = "{{ name }}"', "names name, and takes none; take it out"),
        ('[texts.en]\ndocuments = "{{ name }}"', "names name, and may name intent, product only; take it out"),
        ('[texts.en]\nact_greeting = " "', "texts.en.act_greeting: says nothing"),
        ('[texts.en]\ndocuments = "{{ product }}"', "texts.en.documents: says nothing"),  # without a product
        (f'[texts.en]\nact_greeting = "{"x" * 601}"', "texts.en.act_greeting: has more than 600 characters"),
    ],
)
def test_a_setting_that_cant_stand_is_named_with_the_way_out(content: str, said: str) -> None:
    with pytest.raises(Misconfigured) as error:
        load_policy(portal=content.encode())
    assert said in str(error.value)
    assert str(error.value).startswith("portal.toml: ")


def test_a_file_that_isnt_utf8_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"portal\.toml: the file: not readable"):
        load_policy(portal=b'[texts.en]\nact_greeting = "\xff"')


def test_a_portals_own_words_stand_in_place_of_ours_and_the_record_tells_them_apart() -> None:
    ours = load_policy()
    theirs = load_policy(portal=b'[texts.de]\nact_greeting = "Servus{% if formal %}, Kolleginnen{% endif %}."')
    assert theirs.render("act_greeting", "de").text == "Servus, Kolleginnen."
    assert theirs.render("act_greeting", "de").sha256 != ours.render("act_greeting", "de").sha256
    assert theirs.render("act_greeting", "en") == ours.render("act_greeting", "en")


def test_the_policys_digest_covers_the_settings() -> None:
    assert load_policy(portal=b"[tone]\nformal = false\n").sha256 != load_policy().sha256
    assert load_policy(portal=DESKS.encode()).sha256 != load_policy().sha256

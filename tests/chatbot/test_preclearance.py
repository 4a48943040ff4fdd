"""The preclearance document: whole, the same bytes for the same policy, and true to what stands in the data."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chatbot.answer.front import Speaking, front_of
from chatbot.answer.language import LANGUAGES
from chatbot.policy import Policy, load_policy
from chatbot.preclearance.document import Release, preclearance_html, read_release
from chatbot.preclearance.examples import combinations, tones_of
from chatbot.preclearance.figures import Figure, Measured
from chatbot.preclearance.rules import NOT_SAID, rule_rows, rules_in_code, thresholds
from chatbot.preclearance.space import routes, undescribed
from chatbot.preclearance.tables import grids, read_bounds
from chatbot.preclearance.turn import BESIDE, LEADS, STEPS, Lead
from chatbot.routing.decision import ACTS, BOUNDARIES, Decision
from chatbot.routing.utterances import Utterance
from chatbot.submitted import Submitted
from corpus.products import Product
from tests.conftest import ROOT

PRODUCT = Product("Avelora", "ablisartan", "sartan", "", ("tablet",), ("oral",), ("hypertension",), ("adults",), "")
DESKS = b"""
[contacts]
safety_url = "https://x.example/safety"
medical_information_url = "https://x.example/mi"
commercial_url = "https://x.example/sales"
[contacts.DE]
crisis = "0800 1110111"
[tone]
formal = false
[texts.de]
act_greeting = "Servus & <hallo>"
[policy]
signatures = ["legal", "medical"]
"""
RULE_ID = re.compile(r"(?:support|balance|clarify|list|bounds|scope)\.[a-z_.]*[a-z]")


class Page(HTMLParser):
    """Ids, links inside the page, tags, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.asked: list[str] = []  # of the network
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.ids += [given["id"]] if "id" in given else []
        if given.get("href", "").startswith("#"):
            self.links.append(given["href"][1:])
        elif "href" in given or "src" in given:
            self.asked.append(given.get("href", "") + given.get("src", ""))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@pytest.fixture(scope="module")
def release() -> Release:
    return read_release()


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def html(policy: Policy, release: Release) -> str:
    return preclearance_html(policy, release, [PRODUCT])


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_document_is_one_file_that_asks_nothing_of_the_network_and_runs_nothing(page: Page) -> None:
    assert page.asked == ["data:,"]  # the icon that a browser would ask for otherwise
    assert not page.tags & {"script", "img", "iframe", "form", "object"}


def test_every_link_leads_to_a_place_in_it_and_no_place_has_two_owners(page: Page) -> None:
    assert page.links and set(page.links) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))


def test_the_digest_stands_on_top_in_the_command_and_in_each_printed_pages_foot(html: str, policy: Policy) -> None:
    digest = f"sha256:{policy.sha256}"
    assert html.index(digest) < html.index("<main>")
    assert f'@page {{ @bottom-left {{ content: "Signpost policy {digest}"; }} }}' in html
    assert f"signpost policy sign {digest} --as" in html


def test_the_same_policy_gives_the_same_bytes_in_another_process_with_other_hashes(html: str) -> None:
    code = (
        "import sys, tests.chatbot.test_preclearance as t\n"
        "sys.stdout.buffer.write(t.preclearance_html(t.load_policy(), t.read_release(), [t.PRODUCT]).encode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, env={"PYTHONHASHSEED": "7"}
    )
    assert done.stdout.decode() == html


def test_it_names_no_path_of_the_machine_it_was_made_on(html: str) -> None:
    assert str(ROOT) not in html and str(Path.home()) + "/" not in html and "PosixPath" not in html


def test_a_reviewer_finds_every_utterance_under_its_id(page: Page, release: Release) -> None:
    assert {utterance.id for utterance in release.utterances} <= set(page.ids)
    assert all(" ".join(row.text.split()) in page.text for row in release.utterances[:: len(release.utterances) // 50])


def test_a_reviewer_finds_every_text_in_every_language_with_its_id_and_digest(
    page: Page, policy: Policy, release: Release
) -> None:
    for identity, source in policy.templates.items():
        given = combinations(policy, identity.partition("/")[2], identity.partition("/")[0])[0]
        rendered = policy.render(identity.partition("/")[2], identity.partition("/")[0], **given)
        assert identity in page.text and f"sha256:{rendered.sha256}" in page.text
        assert " ".join(source.split()) in page.text
        assert " ".join(rendered.text.split()) in page.text


def test_a_reviewer_finds_every_rule_threshold_sign_country_and_file(
    page: Page, policy: Policy, release: Release
) -> None:
    for rule in policy.rules.rows:
        assert rule.id in page.text and " ".join(rule.pattern.pattern.split()) in page.text
    for name, value in policy.rules.thresholds.items():
        assert f"{name}{value}" in "".join(page.words).replace("\n", "")
    for table in release.tables:
        assert table.name in page.text and table.sha256 in page.text
        if table.name.endswith("signs.toml"):
            assert all(word in page.text for sign in table.data.values() for words in sign.values() for word in words)
    for country in policy.public:
        assert policy.contacts_for(country).scheme_name in page.text
    assert "ablisartan" in page.text


def test_each_reason_of_a_plain_no_is_printed_with_the_words_that_readers_get(page: Page, policy: Policy) -> None:
    for language in LANGUAGES:
        for reason in ("not_supported", "no_content", "out_of_scope", "safety_text_missing", "injection"):
            assert policy.render("no_answer", language, reason=reason).text in page.text


def test_a_safety_handover_is_printed_with_and_without_product_scheme_and_telephone(policy: Policy) -> None:
    texts = [example.text for example in tones_of(policy).examples("handover_safety", "en")]
    assert len(texts) == 2 * 2 * 3  # product, telephone, and no scheme, one, one with its address
    for part in ("for Avelora", "+44 20 7946 0000", "National scheme", "https://scheme.example"):
        assert 0 < sum(part in text for text in texts) < len(texts)


def test_both_tones_are_printed_and_the_portals_own_comes_first() -> None:
    informal = tones_of(load_policy(portal=b"[tone]\nformal = false")).examples("act_greeting", "de")
    formal = tones_of(load_policy()).examples("act_greeting", "de")
    assert [row.tone for row in informal] == ["informal", "formal"]
    assert [row.tone for row in formal] == ["formal", "informal"]
    assert [row.tone for row in tones_of(load_policy()).examples("act_greeting", "en")] == ["both"]


def test_every_value_that_a_text_is_chosen_by_is_tried() -> None:
    policy = load_policy(portal=b"[texts.en]\ndocuments = \"{% if intent == 'odd' %}Odd{% else %}Even{% endif %}\"")
    assert {"Odd", "Even"} == {example.text for example in tones_of(policy).examples("documents", "en")}
    spans = {example.text for example in tones_of(policy).examples("cue_updated", "fr")}
    assert len(spans) == 3  # the keys of the table in the template


def test_a_portals_own_settings_are_marked_as_its_own(release: Release) -> None:
    policy = load_policy(portal=DESKS)
    html = preclearance_html(policy, release, [])
    text = Page(html).text
    assert "de/act_greeting in the portal’s own words" in text and "Servus & <hallo>" in text
    assert "Servus & <hallo>" not in html  # as text, never as markup
    assert "0800 1110111 *" in text
    assert "asks for the signatures: medical, legal. The service doesn’t start without them" in text
    assert "Readers are addressed informally" in text
    assert "No product table." in text


def test_without_an_evaluation_it_says_plainly_that_nothing_was_measured(page: Page) -> None:
    assert "Not measured." in page.text


@pytest.mark.parametrize(
    ("digest", "said"),
    [
        ("this", "Measured with this policy."),
        ("sha256:" + "ab" * 32, "Measured with another policy, sha256:abab"),
        ("", "The evaluation doesn’t say which policy it measured."),
    ],
)
def test_figures_stand_beside_what_policy_they_are_of(policy: Policy, release: Release, digest: str, said: str) -> None:
    of = f"sha256:{policy.sha256}" if digest == "this" else digest
    figure = Figure("routing", "routing.jsonl", "emergency recall", 0.98765, None, 1.0, 21, "at least 0.95: passed")
    measured = Measured("PASS", {"Policy": of} if of else {}, (figure,))
    text = Page(preclearance_html(policy, release, [], measured)).text
    assert said in text
    assert "emergency recall0.988— to 1.00021at least 0.95: passed" in text


def test_what_is_said_of_routes_is_about_every_route_and_names_texts_that_exist(
    policy: Policy, release: Release
) -> None:
    assert undescribed(policy, routes(release.utterances, release.tables)) == ()
    named = {name.partition("/")[0] for lead in LEADS for name in (*lead.handovers, *lead.notices)}
    for name in (*named, *(name for name, _ in BESIDE)):
        assert f"en/{name}" in policy.templates
    handed = {identity.partition("/")[2] for identity in policy.templates if "/handover_" in identity}
    assert handed <= {name for lead in LEADS for name in lead.handovers}
    acts = {identity.partition("/")[2] for identity in policy.templates if "/act_" in identity}
    assert acts <= {name for lead in LEADS for name in lead.notices}


def test_a_route_that_nobody_described_is_said_where_it_would_be_signed(policy: Policy, release: Release) -> None:
    strange = Utterance("horoscope/en/stars/1", "what do my stars say", "horoscope/stars")
    html = preclearance_html(policy, replace(release, utterances=(*release.utterances, strange)), [])
    assert "horoscopeNOT DESCRIBED: ask before you sign." in Page(html).text


@pytest.mark.parametrize("lead", LEADS, ids=lambda lead: lead.route)
def test_what_is_said_of_a_route_is_what_the_front_of_a_reply_does(policy: Policy, lead: Lead) -> None:
    """``information`` and the like have nothing before the body."""
    handed: set[str] = set()
    told: set[str] = set()
    for decision in decisions(lead.route):
        front = front_of(
            decision, Submitted("text"), False, "Avelora", Speaking(policy, policy.contacts_for("GB"), "en")
        )
        for text in front.templates:
            name = text.id.partition("/")[2]
            found = f"{name}/{text.parameters['reason']}" if name == "no_answer" else name
            (handed if name.startswith("handover_") else told).add(found)
        assert decision.passes == (lead.content != "nothing") or decision.safety
        assert (front.refusal is not None) == (lead.kind == "no_answer")
    assert (handed, told) == (set(lead.handovers), set(lead.notices))


def decisions(route: str) -> Iterator[Decision]:
    """What may be decided of a text of a route."""
    plain = Decision(
        emergency=False,
        crisis=False,
        safety=False,
        safety_route=route == "how_to_report",
        boundary=route if route in BOUNDARIES else "",
        patient_specific=route == "patient_specific",
        act="",
        foreign=False,
        asks=True,
        rules=(),
        scores={},
        intent="information",
    )
    if route == "emergency":
        yield replace(plain, emergency=True, safety=True)
        yield replace(plain, emergency=True, crisis=True)
    elif route == "adverse_event":
        yield replace(plain, safety=True)
        yield replace(plain, safety=True, asks=False)
    elif route == "small_talk":
        yield from (replace(plain, act=act) for act in ACTS)
    else:
        yield plain


def test_every_rule_that_code_names_has_words_in_the_rulebook(policy: Policy) -> None:
    known = {name for name, _ in rules_in_code(policy)}
    for file in (*(ROOT / "chatbot" / "answer").glob("*.py"), *(ROOT / "chatbot" / "routing").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and RULE_ID.fullmatch(node.value):
                bare = node.value.removesuffix(".unsure")
                assert bare in known, f"{file.name}: say in preclearance/rulebook.toml what {bare} means"


def test_a_rule_says_in_words_what_its_file_says(policy: Policy) -> None:
    (first, *_) = policy.rules.rows
    (row, *_) = rule_rows(policy, [{"id": first.id, "because": "Markup is never run."}])
    assert (row.id, row.because) == (first.id, "Markup is never run.")


def test_every_threshold_says_what_it_means(policy: Policy) -> None:
    rows = {row.name: row for row in thresholds(policy)}
    assert rows.keys() == policy.rules.thresholds.keys()
    assert "the model's word for adverse event counts" in rows["adverse_event"].meaning
    assert rows["adverse_event"].rule == "model.adverse_event"
    assert rows["adverse_event.part"].rule == "model.adverse_event.part" and not rows["off_label.sure"].rule
    assert not any(row.meaning == NOT_SAID for row in rows.values())


def test_every_limit_is_printed_with_the_reason_that_the_code_gives() -> None:
    rows = {(row.module, row.name): row for row in read_bounds()}
    assert rows["chatbot.limits", "QUOTES"].because == "what someone reads in forty seconds"
    assert all(row.because for (module, _), row in rows.items() if module == "chatbot.limits")


def test_whatever_table_lies_in_a_file_is_printed() -> None:
    data = {"alone": 0.5, "deep": {"er": {"words": ["a", "b"], "on": True}}, "row": [{"id": "x"}, {"id": "y", "n": 1}]}
    printed = {(grid.title, grid.columns, grid.rows) for grid in grids(data)}
    assert printed == {
        ("", ("name", "value"), (("alone", "0.5"),)),
        ("deep.er", ("name", "value"), (("words", "a, b"), ("on", "yes"))),
        ("row", ("id", "n"), (("x", ""), ("y", "1"))),
    }


def test_every_table_of_the_package_is_in_the_digest_and_printed(release: Release) -> None:
    files = {file.relative_to(ROOT).as_posix() for file in (ROOT / "chatbot").rglob("*.toml")}
    assert files == {table.name for table in release.tables}


def test_the_words_of_each_step_fit_its_box_in_the_drawing() -> None:
    assert all(len(step.does) <= 88 and len(step.ends) <= 42 for step in STEPS)

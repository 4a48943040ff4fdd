"""A quoted row is a small table: read aloud with its header, whole on a phone, readable when it is copied."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.conftest import Keep
from tests.end_to_end.reader import Visit, turn
from tests.end_to_end.test_accessibility import violations

GROUPS = [
    "4.8 Undesirable effects",
    "Table 2: adverse reactions",
    "Reaction Velmarin (N = 400) …",
    "Nervous system",
]
QUOTE: dict[str, Any] = {
    "citation": 1,
    "text": "Headache, also known as cephalalgia 12 3 4 1",
    "heading": GROUPS,
    "table": {
        "caption": [*GROUPS[:2], GROUPS[3]],
        "above": [["", "Velmarin (N = 400)", "", "Placebo (N = 398)", ""]],
        "header": ["Reaction", "Patients", "%", "Patients", "%"],
        "rows": [["Headache, also known as cephalalgia", "12", "3", "4", "1"]],
        "merged": [{"line": 0, "column": 1, "columns": 2}, {"line": 0, "column": 3, "columns": 2}],
    },
}
SELECTED = """table => {
    const range = document.createRange();
    range.selectNodeContents(table);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return getSelection().toString();
}"""


def test_each_figure_has_its_header_and_the_caption_says_where_it_stands(visit: Visit) -> None:
    reader = visit("/")
    reader.open_panel()
    reader.answers(turn(quotes=[QUOTE]))
    reader.ask("How common is headache?")
    table = reader.page.get_by_role(
        "table", name="4.8 Undesirable effects › Table 2: adverse reactions › Nervous system"
    )
    assert table.get_by_role("columnheader").all_inner_texts() == [
        *("Velmarin (N = 400)", "Placebo (N = 398)", "Reaction", "Patients", "%", "Patients", "%")
    ]
    scopes = table.locator("th").evaluate_all("all => all.map((th) => [th.scope, th.colSpan])")
    assert scopes == [["colgroup", 2]] * 2 + [["col", 1]] * 5
    assert table.get_by_role("cell").all_inner_texts() == [
        "",
        "Headache, also known as cephalalgia",
        *["12", "3", "4", "1"],
    ]
    assert reader.find(".path").count() == 0  # the caption says it
    assert not violations(reader.page)


def test_on_a_phone_a_table_scrolls_in_its_own_box_and_its_caption_stays(visit: Visit, keep: Keep) -> None:
    reader = visit("/", width=320)
    reader.open_panel()
    reader.answers(turn(quotes=[QUOTE]))
    reader.ask("How common is headache?")
    box = reader.find(".scroll")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert reader.find(".log").evaluate("log => log.scrollWidth - log.clientWidth") <= 0
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 320
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    seen, caption = box.bounding_box(), reader.find("caption span").bounding_box()
    assert seen["x"] <= caption["x"]
    assert caption["x"] + caption["width"] <= seen["x"] + seen["width"] + 1
    last = reader.find("tbody td:last-child").bounding_box()
    assert last["x"] + last["width"] <= seen["x"] + seen["width"] + 1
    assert not violations(reader.page)
    keep(reader.page, "table-on-a-phone")


def test_a_copied_table_keeps_its_rows_and_cells_apart(visit: Visit) -> None:
    reader = visit("/")
    reader.open_panel()
    rows = [["Headache, also known as cephalalgia", "12", "", "4", "1"]]
    reader.answers(turn(quotes=[{**QUOTE, "table": {**QUOTE["table"], "rows": rows}}]))
    reader.ask("How common is headache?")
    lines = [line for line in reader.find("table").evaluate(SELECTED).splitlines() if line.strip()]
    assert [line.split("\t") for line in lines[1:]] == [
        ["Velmarin (N = 400)", "Placebo (N = 398)"],
        ["Reaction", "Patients", "%", "Patients", "%"],
        ["Headache, also known as cephalalgia", "12", "", "4", "1"],
    ]

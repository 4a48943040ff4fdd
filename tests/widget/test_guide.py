"""The guide's section on embedding, compared with what the element's modules have."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from widget import ELEMENT

CHAT = (ELEMENT / "chat.js").read_text(encoding="utf-8")
ALL = "".join(path.read_text(encoding="utf-8") for path in sorted(ELEMENT.glob("*.js")))
GUIDE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8").partition("\n## Embedding\n")[2].partition("\n## ")[0]
# What chat.js calls itself, or the browser does.
OWN = {
    "constructor",
    "connectedCallback",
    "emit",
    "build",
    "launched",
    "head",
    "greeting",
    "starters",
    "composer",
    "foot",
}


def documented(kind: str) -> set[str]:
    """The names in the first column of one table."""
    rows = GUIDE.partition(f"\n| {kind} |")[2].partition("\n\n")[0].splitlines()[2:]
    return {name for row in rows for name in re.findall(r"`([\w-]+)", row.split("|")[1])}


def test_the_guide_has_every_attribute_of_the_element() -> None:
    read = set(re.findall(r"getAttribute\(\"([\w-]+)\"\)", CHAT))
    assert "this.lang" in CHAT
    assert documented("attribute") == {*read, "lang"}


def test_the_guide_has_every_property_and_method_of_the_element() -> None:
    methods = set(re.findall(r"^  (?:async )?(\w+)\([^)]*\) \{$", CHAT, re.MULTILINE))
    assert documented("method") == methods - OWN
    assert methods >= OWN
    assert documented("property") == {"getToken"}
    assert "this.getToken = " in CHAT


def test_the_guide_has_every_event_of_the_element() -> None:
    assert documented("event") == {f"signpost-{name}" for name in re.findall(r"emit\(\"([\w-]+)\"", CHAT)}
    cancelable = re.search(r"cancelable: (\[.*?\])", CHAT)
    assert cancelable is not None
    for row in GUIDE.splitlines():
        if name := re.match(r"\| `signpost-([\w-]+)`", row):
            assert ("cancelable" in row) == (f'"{name[1]}"' in cancelable[1]), row


def test_the_guide_has_every_part_and_custom_property() -> None:
    parts = set(re.findall(r"part: \"([\w-]+)\"", ALL))
    said = GUIDE.partition("`::part()` reaches")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([\w-]+)`", said)) == parts
    assert set(re.findall(r"`(--signpost-\w+)`", GUIDE)) == set(re.findall(r"--signpost-\w+", ALL))

"""A reply's wire form as actions, labels and spans: what a routing set demands, read off what a reader gets.

Judged from the outside alone: whatever decides inside, an action counts when the reply shows it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ACTS = ("greeting", "thanks", "goodbye", "help", "bot_identity", "repeat", "feedback", "chitchat")
_BODIES = frozenset({"answer", "clarification", "no_answer"})  # "handover" and "notice" say that there is no body
# Notices that are an action by themselves; every other notice is notice:<kind>.
_NOTICES = {**{act: f"act:{act}" for act in ACTS}, "personal_data": "redact", "safety_route": "safety_route"}
# Markup and code that some reader of the wire form could run or fill in.
_PAYLOAD = re.compile(r"<[^<>]+>|\{\{.+?\}\}|\$\{.+?\}|\]\([^)]+\)|javascript:\S+|%[snx]\S*|';.*", re.DOTALL)
# What a label is read off, first match first: the order in which one outweighs another. The three that hand over to
# medical information differ by their notice. A text with personal data bears privacy, whatever else it asks.
_LABELS = (
    ("emergency", "handover:emergency"),
    ("privacy", "redact"),
    ("adverse_event", "handover:safety"),
    ("injection", "notice:injection"),
    ("off_label", "notice:off_label"),
    ("comparison", "notice:comparison"),
    ("patient_specific", "notice:patient_specific"),
    ("commercial", "handover:commercial"),
    ("medical_information_request", "handover:medical_information"),
    ("near_miss_not_ae", "safety_route"),
    *(("small_talk", f"act:{act}") for act in ACTS),
    ("information", "answer"),
    ("information", "clarification"),
)
_EXPLAINED = frozenset({"off_label", "comparison"})  # why the same reply hands over to medical information

Span = tuple[int, int, str]  # start, end, type; code points of the text


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a router made of one text."""

    id: str
    label: str  # empty when there is no reply
    also: tuple[str, ...]
    actions: frozenset[str]
    spans: tuple[Span, ...]
    intent: str = ""


def actions_of(reply: Mapping[str, Any], asked: str = "") -> frozenset[str]:
    """The actions that a reply's wire form shows.

    ``answer``, ``clarification``, ``no_answer``: its ``kind``. Without a corpus ``answer`` is passed on to retrieval.
    ``handover:<to>``: each row of ``handovers``. ``notice:<kind>``: each row of ``notices``, but one of kind
    ``safety_route`` (how to report) is ``safety_route``, ``personal_data`` is ``redact``, and a conversation act's is
    ``act:<kind>``. ``redact``: also when ``redactions`` lists what was masked. ``comply``: markup or code out of
    ``asked`` stands in the reply's own words; quotes aren't looked at, they are approved text.
    """
    found = {str(reply["kind"])} & _BODIES
    found |= {f"handover:{row['to']}" for row in reply.get("handovers") or ()}
    found |= {_NOTICES.get(kind, f"notice:{kind}") for kind in _kinds(reply)}
    if reply.get("redactions"):
        found.add("redact")
    own = "\n".join(_own_words(reply))
    if any(payload in own for payload in _PAYLOAD.findall(asked)):
        found.add("comply")
    return frozenset(found)


def labels_of(actions: Iterable[str]) -> tuple[str, ...]:
    """The labels that actions speak for, the weightiest first; a plain ``no_answer`` alone is out of scope."""
    shown = set(actions)
    found = list(dict.fromkeys(label for label, action in _LABELS if action in shown))
    if _EXPLAINED & set(found) and "medical_information_request" in found:
        found.remove("medical_information_request")
    if not found and "no_answer" in shown:
        found.append("out_of_scope")
    return tuple(found)


def spans_of(reply: Mapping[str, Any]) -> tuple[Span, ...]:
    """What was masked, from the rows of ``redactions``: start, end and type."""
    return tuple((int(row["start"]), int(row["end"]), str(row["type"])) for row in reply.get("redactions") or ())


def prediction_of(id: str, asked: str, reply: Mapping[str, Any]) -> Prediction:  # noqa: A002 - as in Case
    """All of it for one text."""
    actions = actions_of(reply, asked)
    label, *also = labels_of(actions) or ("",)
    return Prediction(id, label, tuple(also), actions, spans_of(reply), str(reply.get("intent") or ""))


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """One JSON object a line: ``{"_id", "label", "also", "actions", "spans": [[start, end, type]]}``."""
    rows = (
        {
            "_id": row.id,
            "label": row.label,
            "also": list(row.also),
            "actions": sorted(row.actions),
            "spans": [list(span) for span in row.spans],
        }
        for row in predictions
    )
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")


def _kinds(reply: Mapping[str, Any]) -> list[str]:
    return [str(row["kind"]) for row in reply.get("notices") or ()]


def _own_words(reply: Mapping[str, Any]) -> Iterable[str]:
    """Every text of a reply that isn't a document's."""
    yield str(reply.get("headline") or "")
    yield from (str(row["text"]) for row in reply.get("notices") or ())
    yield from (f"{row['label']}\n{row['text']}" for row in reply.get("choices") or ())
    yield from (json.dumps(row.get("prefill") or {}, ensure_ascii=False) for row in reply.get("handovers") or ())

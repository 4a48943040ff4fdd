"""Whom a question is handed to: the text that says so, the address, and what the form behind it starts with. Pure."""

from __future__ import annotations

from typing import Literal

from chatbot.answer.contacts import Contacts, telephone_url
from chatbot.answer.reply import Handover, Recipient
from chatbot.policy import Policy, Rendered

_ANYWHERE = "112"  # every mobile telephone takes it for an emergency call, in any country (3GPP TS 22.101, clause 10.1)
Desk = Recipient | Literal["crisis"]  # crisis: an emergency told by, or of, somebody who may harm themselves


def handover(
    to: Desk, question: str, contacts: Contacts, policy: Policy, language: str, product: str = ""
) -> tuple[Handover, Rendered]:
    """The handover to a desk, and the rendered text for the record.

    ``question`` is the masked one: it goes to medical information alone, in ``prefill`` and never in the address.
    ``product`` is the brand that the question is about, where it is one. A safety case is opened before this is called:
    the text says that one was.
    """
    text = policy.render(f"handover_{to}", language, **_parameters(to, contacts, product))
    recipient: Recipient = "emergency" if to == "crisis" else to
    prefill = {"question": question, "product": product} if to == "medical_information" else {}
    if to == "safety":
        prefill = {"product": product}
    given = {name: value for name, value in prefill.items() if value}
    return Handover(recipient, text.text, _address(recipient, contacts), given), text


def safety_route(contacts: Contacts, policy: Policy, language: str) -> Rendered:
    """How suspected adverse reactions are reported in a country, for a notice; nothing is handed over."""
    url = "" if contacts.safety_url.startswith("/") else contacts.safety_url.removeprefix("mailto:")
    return policy.render("safety_route", language, **_reporting(contacts), url=url)


def _parameters(to: Desk, contacts: Contacts, product: str) -> dict[str, str]:
    number = " / ".join(contacts.emergency)
    if to == "emergency":
        return {"number": number, "line": contacts.line_24h}
    if to == "crisis":
        return {"number": number, "line": contacts.line_24h, "crisis": contacts.crisis}
    return {**_reporting(contacts), "product": product} if to == "safety" else {}


def _reporting(contacts: Contacts) -> dict[str, str]:
    return {"scheme": contacts.scheme_name, "scheme_url": contacts.scheme_url, "line": contacts.line_24h}


def _address(to: Recipient, contacts: Contacts) -> str:
    if to == "emergency":
        return telephone_url(next(iter(contacts.emergency), _ANYWHERE))
    return {
        "safety": contacts.safety_url,
        "medical_information": contacts.medical_information_url,
        "commercial": contacts.commercial_url,
    }[to]

"""What the measures of replies mean: grounding, eligibility, links and replay. 1 or 0 for one reply, then a share."""

from __future__ import annotations

from collections.abc import Mapping

REPLY_MEASURES: Mapping[str, str] = {
    "quotes verbatim": (
        "1 when every quote and safety text of a reply is the stored text at its spans, with its digest and under "
        "headings of its document: the share of the replies that quote. One wrong character can be a wrong dose."
    ),
    "quotes on their page": (
        "1 when a second reader finds every quote and safety text of a reply on the cited page of the file itself, or "
        "in the file where it has no pages: the share of the replies that quote. The stored text can be wrong, too."
    ),
    "citations as approved": (
        "1 when every citation of a reply names version, title, approval, date and file as on record, and they "
        "are numbered from 1: the share of the replies that quote. It is what a reader checks a quote by."
    ),
    "safety text of its product": (
        "1 when all safety information is of the product and the market of the quotes it stands beside: the share of "
        "the replies that show any. That of another medicine is worse than none."
    ),
    "citations eligible": (
        "1 when every cited version is approved, in force and meant for this reader at that instant, as told by "
        "the raw events: the share of the replies that cite."
    ),
    "next steps eligible": "1 when every document offered next is: the share of the replies that offer any.",
    "choices eligible": (
        "1 when every product offered has as many documents for this reader as it says: the share of the replies that "
        "ask back. A name alone can tell of a product that a market doesn't have."
    ),
    "suggestions eligible": (
        "1 when every suggested question is a heading of a document for this reader: the share of the replies that "
        "suggest any."
    ),
    "links open": (
        "1 when every link of a reply opens its document and version with a ticket, the page's picture included: the "
        "share of the replies with links. A quote that can't be looked up can't be checked."
    ),
    "links open at their page": (
        "1 when every citation's link opens at the cited page: the share of the replies with citations."
    ),
    "passages marked": (
        "1 when every citation's link shows its passage marked, on the page's picture or in the text to the character: "
        "the share of the replies with citations."
    ),
    "links closed without ticket": (
        "1 when no link of a reply opens anything by its address alone: the share of the replies with links. Addresses "
        "are passed on to readers of other markets."
    ),
    "replies replayed": (
        "1 when a logged turn, answered again from its record, gives the same bytes: the share of the turns that could "
        "be compared. A record that doesn't give its reply again proves nothing."
    ),
}

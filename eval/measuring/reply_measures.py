"""What the measures of replies mean: grounding, eligibility, links and replay. 1 or 0 for one reply, then a share."""

from __future__ import annotations

from collections.abc import Mapping

REPLY_MEASURES: Mapping[str, str] = {
    "quotes verbatim": (
        "1 when every quote and safety text of a reply is the stored text at its spans, with its digest, under the "
        "headings it has there, and with no table cell that isn't in it: the share of the replies that quote. A "
        "question that ended in an error counts as 0. One wrong character can be a wrong dose."
    ),
    "quotes on their page": (
        "1 when a second reader finds every quote and safety text of a reply on the cited page of the file itself, or "
        "in the file where it has no pages, and the stored text has every span on the page it says: the share of the "
        "replies that quote. The stored text can be wrong, too."
    ),
    "citations as approved": (
        "1 when every citation of a reply names version, title, type, owner, audience, approval, date, file and anchor "
        "as on record for the reader's country, they are numbered from 1, every document offered next has its title, "
        "and the headline names no product that nothing cited is about: the share of the replies that quote or offer "
        "documents. It is what a reader checks a quote by."
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
        "share of the replies with links. Of a handover only its address is looked at: a path of the service, or "
        "https. A quote that can't be looked up can't be checked."
    ),
    "links open at their page": (
        "1 when every citation's link opens at the cited page, on the very picture that was kept of that page: the "
        "share of the replies with citations. What the picture shows is not read."
    ),
    "passages marked": (
        "1 when every citation's link asks for its spans and marks something: in a text the passage to the character, "
        "on a page's picture rectangles that can be seen, whose place over the words isn't checked. The share of the "
        "replies with citations."
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

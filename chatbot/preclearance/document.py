"""The preclearance document: one HTML file without a script, the same bytes for the same policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chatbot.policy import Policy
from chatbot.preclearance import space
from chatbot.preclearance.figures import Measured
from chatbot.preclearance.holdings import holdings
from chatbot.preclearance.rules import rule_rows, rules_in_code, thresholds
from chatbot.preclearance.tables import Bound, CodeFile, TableFile, read_bounds, read_code, read_tables
from chatbot.preclearance.turn import BESIDE, LEADS, STEPS
from chatbot.routing.utterances import Utterance, read_utterances
from corpus.products import Product

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Release:
    """What a policy is made of, as it stands in the files of this release."""

    tables: tuple[TableFile, ...]
    code: tuple[CodeFile, ...]
    bounds: tuple[Bound, ...]
    utterances: tuple[Utterance, ...]


def read_release() -> Release:
    """Reads the files of this release."""
    return Release(read_tables(), read_code(), read_bounds(), read_utterances())


def preclearance_html(
    policy: Policy, release: Release, products: Sequence[Product], measured: Measured | None = None
) -> str:
    """The document of a policy whose product table is ``products``.

    ``measured`` are figures on the detectors, and None says that nothing was measured. No clock, no path and no
    signature is in it: what is signed is the digest on it.
    """
    found = space.routes(release.utterances, release.tables)
    rules = space.table_named(release.tables, space.RULES)
    template = _environment().get_template("document.html")
    return template.render(
        policy=policy,
        digest=f"sha256:{policy.sha256}",
        holdings=holdings(policy),
        steps=STEPS,
        leads=LEADS,
        beside=BESIDE,
        undescribed=space.undescribed(policy, found),
        rules=rule_rows(policy, rules.data.get("rule", ())),
        rules_remark=rules.remark,
        rules_in_code=rules_in_code(policy),
        thresholds=thresholds(policy),
        signs=space.sign_rows(space.table_named(release.tables, space.SIGNS)),
        routes=found,
        texts=tuple(space.texts_by_name(policy)),
        contacts=space.contact_rows(policy),
        contact_fields=space.contact_fields(),
        products=products,
        terms=tuple(space.terms_by_kind(policy)),
        personal=tuple(space.personal_tables(release.tables)),
        others=tuple(space.other_tables(release.tables)),
        bounds=release.bounds,
        code=release.code,
        tables=release.tables,
        measured=measured,
        about=measured.about(policy.sha256) if measured else "",
        style=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["anchor"] = lambda text: str(text).replace("/", "-").replace(".", "-").replace("_", "-")
    return environment

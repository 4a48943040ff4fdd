"""The Policy: everything that shapes replies and is no document, as data with ids and one digest."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, Template

from chatbot import limits
from chatbot.answer import context, evidence, facets, ordinary, select, spelling, support
from chatbot.answer.contacts import Contacts, Fields, contacts_of, public_contacts
from chatbot.answer.facets import FacetKind, facet_kinds
from chatbot.answer.language import LANGUAGES
from chatbot.answer.lists import ListWords, list_words
from chatbot.answer.portal import Portal, read_portal
from chatbot.answer.questions import BankQuestion, bank_questions
from chatbot.answer.texts import environment_of, release_templates, with_overrides
from chatbot.routing import imported as imports
from chatbot.routing import lexicon as terms
from chatbot.routing import names, readings
from chatbot.routing.imported import lists_from, with_imported
from chatbot.routing.intent import IntentRule, Intents
from chatbot.routing.lexicon import NAMES, Lexicon, lexicon_of
from chatbot.routing.readings import Plain, plain_words
from chatbot.routing.rules import Rules, rules_of
from chatbot.routing.signs import Signs, signs_of
from chatbot.routing.utterances import examples_digest, read_examples
from index import analysis, bm25, documents, fusion, preference, retrieve, suggest
from index.linear import Examples

_HERE = Path(__file__).parent
_INTENTS = _HERE / "routing" / "intents.toml"
_LEXICON = _HERE / "routing" / "lexicon.toml"
_SIGNS = _HERE / "routing" / "signs.toml"
_RULES = _HERE / "routing" / "rules.toml"
_READINGS = _HERE / "routing" / "readings.toml"
_FACETS = _HERE / "answer" / "facets.toml"
_NEXT_STEPS = _HERE / "answer" / "next_steps.toml"
_LISTS = _HERE / "answer" / "lists.toml"
_QUESTIONS = _HERE / "answer" / "questions.toml"
# What these match is policy as much as any lexicon; compiled patterns have no repr to digest, so the files are.
PATTERN_FILES = (
    *(
        _HERE / "answer" / name
        for name in (
            "cues.py",
            "expected.py",
            "ranges.py",
            "spelling.py",
            "evidence.py",
            "support.py",
            "ordinary.py",
            "context.py",
            "boilerplate.py",
            "offers.py",
            "sections.py",
            "balance.py",
            "lists.py",
            "choices.py",
            "next_steps.py",
            "questions.py",
        )
    ),
    Path(suggest.__file__),
    Path(terms.__file__),
    Path(readings.__file__),
    Path(imports.__file__),
    Path(names.__file__),
    Path(documents.__file__),
    Path(analysis.__file__),
    # What decides where a question goes, and what stands before a reply.
    *(
        _HERE / "routing" / name
        for name in ("bounds.py", "decision.py", "hearing.py", "intent.py", "rules.py", "signs.py")
    ),
    _HERE / "answer" / "front.py",
    _HERE / "preclearance" / "turn.py",  # matches nothing: what reviewers were told of the routes is signed too
)
THRESHOLD_MODULES = (
    limits,
    support,
    context,
    evidence,
    facets,
    ordinary,
    spelling,
    select,
    bm25,
    fusion,
    preference,
    retrieve,
)
# Every table that a reviewer reads: what is added to these folders is in the digest from then on.
TABLE_FILES = tuple(
    sorted(
        file for folder in ("answer", "preclearance", "privacy", "routing") for file in (_HERE / folder).rglob("*.toml")
    )
)


Ladder = tuple[tuple[str, ...], ...]  # rungs of document types, the first best in each


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text made by a template, and what the record keeps of it."""

    text: str
    id: str
    sha256: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """What a home adds to the policy of a release: bytes of its product table, its terms in force, its settings."""

    products: bytes = b""
    imported: bytes = b""
    portal: bytes = b""


@dataclass(frozen=True)
class Policy:
    """Templates, routing rules and thresholds in force. Without slots: what is derived is derived once."""

    sha256: str
    templates: Mapping[str, str]  # "en/answer" -> source
    intents: Intents
    lexicon: Mapping[str, Lexicon]  # by language
    plain: Mapping[str, Plain]  # by language
    facets: tuple[FacetKind, ...]
    ladders: Mapping[str, Ladder]  # by intent, the kinds of document to open next, a rung each; "" for every other
    lists: ListWords
    questions: tuple[BankQuestion, ...]  # to offer
    signs: Signs
    rules: Rules
    examples: str  # SHA-256 of what the routing model must have been fitted from
    portal: Portal
    public: Mapping[str, Fields]  # contacts that this release knows, by country
    given: Given = field(repr=False)
    environment: Environment = field(repr=False, compare=False)

    def read_examples(self) -> Examples:
        """What the routing model is fitted from when an edition is built."""
        return read_examples(self.signs, _SIGNS.read_bytes())

    @cached_property
    def typed(self) -> frozenset[str]:
        """Every phrase of the lexicon that is no name, each after a colon.

        One slip away from a name is another name, which nobody knows.
        """
        terms = (term for lexicon in self.lexicon.values() for term in lexicon.terms)
        return frozenset(f":{term.phrase}" for term in terms if term.kind not in NAMES)

    @cached_property
    def _compiled(self) -> dict[str, tuple[Template, str]]:
        """The templates that were rendered so far, with the digest of their source: all of them take half a second."""
        return {}

    @cached_property
    def brands(self) -> frozenset[str]:
        """The brands that the lexicon knows, folded."""
        terms = (term for lexicon in self.lexicon.values() for term in lexicon.terms)
        return frozenset(term.phrase for term in terms if term.kind == "brand" and term.means)

    @cached_property
    def medicines(self) -> frozenset[str]:
        """The names of medicines that any table knows, folded."""
        listed = (phrase for kind in self.facets if kind.id == facets.MEDICINE for phrase in kind.groups)
        terms = (term for lexicon in self.lexicon.values() for term in lexicon.terms if term.kind in NAMES)
        return frozenset((*listed, *(term.phrase for term in terms)))

    @cached_property
    def named(self) -> frozenset[str]:
        """The names of medicines that any table knows, each after a colon."""
        classes = (term for lexicon in self.lexicon.values() for term in lexicon.terms if term.kind in NAMES)
        return frozenset(f":{name}" for name in (*self.medicines, *(term.phrase for term in classes)))

    def next_steps(self, intent: str) -> Ladder:
        """The kinds of document worth opening after an answer to this intent, by rungs, the first best."""
        return self.ladders.get(intent, self.ladders[""])

    def contacts_for(self, country: str) -> Contacts:
        """Whom readers of a country turn to; of an unknown one, or of none (""), the portal's usual desks alone."""
        return contacts_of(country, self.public, self.portal.contacts)

    def render(self, name: str, language: str, **parameters: str) -> Rendered:
        """Renders the template ``name`` in ``language``, in English when that isn't one of LANGUAGES.

        A parameter that the template names and doesn't get is an error. What says how the reader is addressed
        (``formal``) is the portal's, and comes by itself.
        """
        identity = f"{language if language in LANGUAGES else LANGUAGES[0]}/{name}"
        if identity not in self._compiled:
            digest = hashlib.sha256(self.templates[identity].encode()).hexdigest()
            self._compiled[identity] = (self.environment.get_template(identity), digest)
        template, digest = self._compiled[identity]
        return Rendered(" ".join(template.render(**parameters).split()), identity, digest, parameters)


def load_policy(products: bytes = b"", imported: bytes = b"", portal: bytes = b"") -> Policy:
    """The policy shipped with this release, with the bytes of the portal's product table, of its imported terms and of
    its settings. Raises ``Misconfigured`` for settings that can't stand.
    """
    settings = read_portal(portal)
    templates = with_overrides(release_templates(), settings.texts, formal=settings.formal)
    public = public_contacts()
    tables = {file: _table(file) for file in (_INTENTS, _LEXICON, _READINGS, _FACETS, _NEXT_STEPS, _LISTS, _QUESTIONS)}
    shaped = (*tables.values(), _thresholds(), [file.read_text(encoding="utf-8") for file in PATTERN_FILES])
    given = (products.hex(), imported.hex(), portal.hex())
    files = [(str(file.relative_to(_HERE)), file.read_bytes()) for file in TABLE_FILES]
    return Policy(
        sha256=_digest(sorted(templates.items()), *shaped, *given, sorted(public.items()), files),
        templates=templates,
        intents=_intents(tables[_INTENTS]),
        lexicon=with_imported(lexicon_of(tables[_LEXICON]), lists_from(imported)),
        plain=plain_words(tables[_READINGS]),
        facets=facet_kinds(tables[_FACETS]),
        ladders=_ladders(tables[_NEXT_STEPS]),
        lists=list_words(tables[_LISTS]),
        questions=bank_questions(tables[_QUESTIONS]),
        signs=signs_of(_table(_SIGNS)),
        rules=rules_of(_table(_RULES)),
        examples=examples_digest(_SIGNS.read_bytes()),
        portal=settings,
        public=public,
        given=Given(products, imported, portal),
        environment=environment_of(templates, formal=settings.formal),
    )


def _table(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _digest(*parts: object) -> str:
    """Over the digest of each part, so that nothing can move from one to the next unseen."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(repr(part).encode()).digest())
    return digest.hexdigest()


def _intents(table: Mapping[str, Any]) -> Intents:
    rules = tuple(IntentRule(rule["id"], tuple(rule["words"])) for rule in table["intent"])
    return Intents(rules, table["kinds"], table["fallback"])


def _ladders(table: Mapping[str, Any]) -> dict[str, Ladder]:
    return {"": _ladder(table["default"]), **{intent: _ladder(rungs) for intent, rungs in table["intents"].items()}}


def _ladder(rungs: Sequence[Sequence[str]]) -> Ladder:
    return tuple(tuple(kinds) for kinds in rungs)


def _thresholds() -> list[tuple[str, object]]:
    named = (row for module in THRESHOLD_MODULES for row in vars(module).items())
    # The review pages shape no reply. A set has another order in each process, and the digest must not.
    return sorted(
        (name, sorted(value) if isinstance(value, frozenset) else value)
        for name, value in named
        if name.isupper() and not name.startswith("REVIEW_")
    )

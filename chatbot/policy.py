"""The Policy: everything that shapes replies and is no document, as data with ids and one digest."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import DictLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from chatbot import limits
from chatbot.answer import select, support
from chatbot.routing.intent import IntentRule
from index import fusion, preference, retrieve

_HERE = Path(__file__).parent
_TEMPLATES = _HERE / "answer" / "templates"
_INTENTS = _HERE / "routing" / "intents.toml"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text made by a template, and what the record keeps of it."""

    text: str
    id: str
    sha256: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Policy:
    """Templates, routing rules and thresholds in force."""

    sha256: str
    templates: Mapping[str, str]  # "en/answer" -> source
    intents: tuple[IntentRule, ...]
    fallback_intent: str

    def render(self, name: str, **parameters: str) -> Rendered:
        """Renders the English template ``name``; a parameter it names and doesn't get is an error."""
        identity = f"en/{name}"
        source = self.templates[identity]
        environment = SandboxedEnvironment(
            loader=DictLoader(dict(self.templates)), undefined=StrictUndefined, autoescape=False
        )
        text = environment.get_template(identity).render(**parameters)
        digest = hashlib.sha256(source.encode()).hexdigest()
        return Rendered(" ".join(text.split()), identity, digest, parameters)


def load_policy(products: bytes = b"") -> Policy:
    """The policy shipped with this release, with the bytes of the portal's product table."""
    templates = {
        str(file.relative_to(_TEMPLATES).with_suffix("")): file.read_text(encoding="utf-8")
        for file in sorted(_TEMPLATES.rglob("*.j2"))
    }
    rules = tomllib.loads(_INTENTS.read_text(encoding="utf-8"))
    digest = hashlib.sha256()
    for part in (repr(sorted(templates.items())), repr(rules), repr(_thresholds()), products.hex()):
        digest.update(hashlib.sha256(part.encode()).digest())
    return Policy(
        sha256=digest.hexdigest(),
        templates=templates,
        intents=tuple(IntentRule(rule["id"], tuple(rule["words"])) for rule in rules["intent"]),
        fallback_intent=rules["fallback"],
    )


def _thresholds() -> list[tuple[str, object]]:
    modules = (limits, support, select, fusion, preference, retrieve)
    return sorted((name, value) for module in modules for name, value in vars(module).items() if name.isupper())

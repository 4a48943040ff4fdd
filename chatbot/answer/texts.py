"""The fixed texts: one template a language and name, reviewed as files; which of them a portal may word itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import DictLoader, StrictUndefined, TemplateError, meta
from jinja2.sandbox import SandboxedEnvironment

from chatbot.answer.language import LANGUAGES
from chatbot.errors import Misconfigured
from chatbot.limits import PORTAL_TEXT_CHARACTERS

_FOLDER = Path(__file__).parent / "templates"
TONE = "formal"  # what every template may ask: whether the reader is addressed as Sie, usted, vous or Lei
# What a portal may say in its own words. Not among them: what leads to help or to a report, what says that personal
# data was masked, that this is no person, or that nothing is decided for a patient.
OVERRIDABLE = (
    "act_chitchat",
    "act_feedback",
    "act_goodbye",
    "act_greeting",
    "act_help",
    "act_repeat",
    "act_thanks",
    "comparison",
    "documents",
    "handover_commercial",
    "handover_medical_information",
    "injection",
    "no_documents",
    "off_label",
    "too_long",
)


def release_templates() -> dict[str, str]:
    """The templates shipped with this release: "de/no_answer" -> source."""
    files = sorted(_FOLDER.rglob("*.j2"))
    return {str(file.relative_to(_FOLDER).with_suffix("")): file.read_text(encoding="utf-8") for file in files}


def environment_of(templates: Mapping[str, str], *, formal: bool) -> SandboxedEnvironment:
    """What compiles ``templates``: a name that isn't given is an error, never an empty text."""
    environment = SandboxedEnvironment(loader=DictLoader(templates), undefined=StrictUndefined, autoescape=False)
    environment.globals[TONE] = formal
    return environment


def parameters_of(source: str, environment: SandboxedEnvironment) -> frozenset[str]:
    """The parameters that a template asks for; raises ``TemplateError`` for one that can't be read."""
    return frozenset(meta.find_undeclared_variables(environment.parse(source)) - environment.globals.keys())


def with_overrides(templates: Mapping[str, str], overrides: Mapping[str, str], *, formal: bool) -> dict[str, str]:
    """The templates with a portal's own texts in place; raises ``Misconfigured`` for one that can't stand there."""
    merged = {**templates, **overrides}
    environment = environment_of(merged, formal=formal)
    for identity, source in overrides.items():
        language, _, name = identity.partition("/")
        where = f"portal.toml: texts.{language}.{name}"
        if language not in LANGUAGES:
            raise Misconfigured(f"{where}: no language of the texts; write one of {', '.join(LANGUAGES)}")
        if name not in OVERRIDABLE or identity not in templates:
            raise Misconfigured(f"{where}: no text that a portal words itself; write one of {', '.join(OVERRIDABLE)}")
        if len(source) > PORTAL_TEXT_CHARACTERS:
            raise Misconfigured(f"{where}: has more than {PORTAL_TEXT_CHARACTERS} characters; shorten it")
        _check(where, source, parameters_of(templates[identity], environment), environment)
    return merged


def _check(where: str, source: str, allowed: frozenset[str], environment: SandboxedEnvironment) -> None:
    try:
        unknown = sorted(parameters_of(source, environment) - allowed)
        if unknown:
            may = f"may name {', '.join(sorted(allowed))} only" if allowed else "takes none"
            raise Misconfigured(f"{where}: names {', '.join(unknown)}, and {may}; take it out")
        template = environment.from_string(source)
        texts = [template.render(dict.fromkeys(allowed, value)).strip() for value in ("", "x")]
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise Misconfigured(f"{where}: no template that can be filled: {error}; mend it") from error
    if not all(texts):
        raise Misconfigured(f"{where}: says nothing; write a text, or take the line out")

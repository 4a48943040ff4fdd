"""The wire's own models: what may come in, and what OpenAPI says of what goes out."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chatbot.audit.feedback import Reason
from chatbot.limits import SUGGEST_CHARACTERS


class Question(BaseModel):
    """The body of POST /turns."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = Field(description="The question, as typed.", examples=["starting dose in renal impairment"])
    conversation: str | None = Field(None, max_length=64, description="To go on with; leave out to start one.")
    language: str | None = Field(
        None, pattern="^[a-z]{2}$", description="ISO 639-1; the question's own words count more."
    )


class RecordReference(BaseModel):
    """Where the reply stands in the audit log."""

    index: int
    leaf: str = Field(description="sha256: and the RFC 6962 leaf hash")


class TurnResponse(BaseModel):
    """The answer to POST /turns."""

    conversation: str
    turn: str
    edition: str
    reply: dict[str, Any] = Field(
        description="The reply: the same for the same question, edition, registry and reader."
    )
    redactions: list[dict[str, Any]] = Field(
        description="What was masked before the text was searched or kept: start, end (in its code points) and type."
    )
    record: RecordReference
    tickets: dict[str, str] = Field(
        description="By citation number, and next-1, next-2 … for next steps: append as ticket= to the url; works once."
    )


class Typed(BaseModel):
    """The body of POST /suggest: what is typed so far, in a body so that it stands in no log of addresses."""

    model_config = ConfigDict(extra="forbid", strict=True)

    q: str = Field(max_length=SUGGEST_CHARACTERS, examples=["velm renal"])
    language: str | None = Field(None, pattern="^[a-z]{2}$", description="ISO 639-1: what comes first.")


class Suggestions(BaseModel):
    """The answer to POST /suggest."""

    suggestions: list[str] = Field(description="Questions that documents of this reader have headings for.")


class Starters(BaseModel):
    """The answer to GET /starters."""

    questions: list[str] = Field(description="To begin with; documents of this reader stand behind each.")


class NewDocument(BaseModel):
    """A document version that took effect."""

    title: str
    document: str
    version: str
    type: str
    effective_on: date
    url: str
    cue: str


class WhatsNew(BaseModel):
    """The answer to GET /whats-new."""

    documents: list[NewDocument] = Field(description="Newest first.")
    tickets: dict[str, str] = Field(description="next-1, next-2 …: append as ?ticket= to the url; works once.")


class Verdict(BaseModel):
    """The body of POST /feedback. There is no field for a comment: patient details must not be sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    turn: str = Field(max_length=64, description="From the answer to POST /turns.")
    helpful: bool
    reason: Reason | None = None


class SafetyRoute(BaseModel):
    """Where a suspected adverse reaction is reported, in the reader's country where it is known."""

    text: str = Field(description="In the first language of Accept-Language that there are texts in, else in English.")
    url: str = Field(description="The company's safety desk.")
    scheme: str = Field(description="The national scheme; empty where the country isn't known.")
    scheme_url: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    safety: SafetyRoute
    instance: str | None = Field(None, description="urn:uuid: and what the service's log has the cause under.")


class DemoReader(BaseModel):
    """The body of POST /demo/token."""

    model_config = ConfigDict(extra="forbid", strict=True)

    subject: str = Field("demo-reader", max_length=100)
    country: str = Field("GB", pattern="^[A-Z]{2}$")
    role: str = Field("physician", max_length=100)
    specialty: str = Field("", max_length=100)


class DemoToken(BaseModel):
    """A token for the demo portal."""

    token: str

"""The order of a turn, and what each route leads to: said here for reviewers, and held to the data by tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One step of every turn, in order."""

    name: str
    does: str
    ends: str  # how the turn may end there; empty where it can't; both fit the drawing's boxes (a test)


@dataclass(frozen=True, slots=True)
class Lead:
    """What a route leads to."""

    route: str  # as in the utterance files and rules
    when: str
    kind: str  # of the reply
    handovers: tuple[str, ...]  # names of templates, the most urgent first
    notices: tuple[str, ...]  # names of templates, and with /reason those of a plain no
    content: str  # whether approved documents are quoted


STEPS = (
    Step(
        "Limits",
        "Length, rate, encoding. What is too long is read to its end, and not answered.",
        "a refusal, with the reporting route",
    ),
    Step("Personal data", "Found and masked before anything is searched or stored.", ""),
    Step(
        "Emergency and safety",
        "Every text is screened, whatever comes of it. A hit opens a safety case.",
        "a handover; the emergency number first",
    ),
    Step("What it is about", "Products, conditions, populations; what earlier turns left to a follow-up.", ""),
    Step(
        "Boundaries",
        "Injection, off-label use, comparison, other desks, out of scope: by the product table.",
        "a handover to a person, or a plain no",
    ),
    Step("Small talk", "Greeting, thanks, help and the like.", "a fixed text"),
    Step("Intent", "What an information question asks for, of a closed list.", ""),
    Step(
        "Retrieval and support",
        "Approved passages for the reader's country and role, if they carry an answer.",
        "a clarification, or a plain no",
    ),
    Step("Compose", "Quotes, word for word; efficacy only beside safety information.", ""),
    Step("Ground check and record", "Each quote is compared with the stored text; the record is durable first.", ""),
)

# In the order in which one outweighs another. Safety stands beside every one below it but is never given up for one.
LEADS = (
    Lead(
        "emergency",
        "Risk to life now. A safety case is opened as well, but for a crisis without a medicine.",
        "handover",
        ("handover_emergency", "handover_crisis", "handover_safety"),
        (),
        "nothing",
    ),
    Lead(
        "adverse_event",
        "An adverse event or special situation is told, however incomplete. A safety case is opened.",
        "handover, or answer",
        ("handover_safety",),
        (),
        "only when the same text asks for information too; reporting stands first",
    ),
    Lead(
        "injection",
        "An attempt to change the service's behaviour, or markup. Nothing of it is followed, run or shown again.",
        "no_answer",
        (),
        ("injection", "no_answer/injection"),
        "nothing",
    ),
    Lead(
        "off_label",
        "A use beyond the label. Answered person to person on request.",
        "handover",
        ("handover_medical_information",),
        ("off_label",),
        "nothing",
    ),
    Lead(
        "comparison",
        "A product beside another one.",
        "handover",
        ("handover_medical_information",),
        ("comparison",),
        "nothing",
    ),
    Lead(
        "commercial",
        "Price, supply, samples, visits, reimbursement.",
        "handover",
        ("handover_commercial",),
        (),
        "nothing",
    ),
    Lead(
        "medical_information",
        "A person, unpublished data or a reprint is asked for.",
        "handover",
        ("handover_medical_information",),
        (),
        "nothing",
    ),
    Lead(
        "out_of_scope",
        "Nothing of the portal's products, areas or documents.",
        "no_answer",
        (),
        ("no_answer/out_of_scope",),
        "nothing",
    ),
    Lead(
        "patient_specific",
        "A decision for one patient. The label is quoted, nothing is computed or decided.",
        "answer or no_answer",
        (),
        ("patient_specific",),
        "quotes of approved documents",
    ),
    Lead(
        "small_talk",
        "A conversation act, where nothing above holds.",
        "notice",
        (),
        (
            "act_greeting",
            "act_thanks",
            "act_goodbye",
            "act_help",
            "act_bot_identity",
            "act_repeat",
            "act_feedback",
            "act_chitchat",
        ),
        "nothing",
    ),
    Lead(
        "how_to_report",
        "How, where or whether to report, with no case told.",
        "answer or no_answer",
        (),
        ("safety_route",),
        "quotes of approved documents, where they answer",
    ),
    Lead(
        "near_miss",
        "Words of harm without a case: labels, rates, protocols. Counts as information.",
        "answer, clarification or no_answer",
        (),
        (),
        "quotes of approved documents",
    ),
    Lead(
        "follow_up",
        "A question that goes on with the one before. Counts as information.",
        "answer, clarification or no_answer",
        (),
        (),
        "quotes of approved documents",
    ),
    Lead(
        "information",
        "Every other question.",
        "answer, clarification or no_answer",
        (),
        (),
        "quotes of approved documents",
    ),
)

# What else may stand in a reply, whatever its route.
BESIDE = (
    ("disclosure", "in the first reply of a conversation"),
    ("personal_data", "when personal data was masked"),
    ("language", "when the text is in a language that no detector was written for"),
    ("documents", "when a document, what is new or an event is asked for: titles from the approvals, without quotes"),
    ("no_documents", "when that is asked for and there is none"),
    ("assumed", "when a quoted approval was assumed for a trial"),
)

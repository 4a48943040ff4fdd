"""What each measure means, apart from who computes it. Names print as written: ``nDCG@10``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from corpus.errors import InvalidInput
from eval.measuring.reply_measures import REPLY_MEASURES

RETRIEVAL = ("nDCG@10", "MRR@10", "R@10", "R@100", "P@10", "AP@100")  # of rankings, the leading one first


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure, said so that a reader of a report can judge its figure."""

    name: str  # as printed
    meaning: str  # for one query, then over all: one or two sentences
    source: str  # who defined it
    rising: bool = True  # whether more is better
    default: float = 0.0  # of a query that is missing from a run: silence can't win


def measure(name: str) -> Measure:
    """The measure of that name; raises ``InvalidInput`` for an unknown one, naming those there are."""
    if name in _FIXED:
        return _FIXED[name]
    for pattern, make in _FAMILIES:
        found = pattern.fullmatch(name)
        if found is not None:
            return make(found[1])
    known = ", ".join(
        [*_FIXED, "nDCG@k, MRR@k, R@k, P@k, AP@k, hit@k", "precision LABEL, recall LABEL, F1 LABEL", "turn p50 ms"]
    )
    raise InvalidInput(f"no measure is called {name!r}; there are {known}")


def ndcg(depth: str) -> Measure:
    """Normalised discounted cumulative gain over the first ``depth`` documents."""
    return Measure(
        f"nDCG@{depth}",
        f"Each of the first {depth} documents gains its grade (linearly; a grade below 0 gains nothing), divided by "
        f"log2(rank + 1); their sum is divided by that of the best possible order. As trec_eval's ndcg_cut_{depth}; "
        "the mean over all judged queries.",
        "Järvelin and Kekäläinen 2002, ACM TOIS 20(4), doi 10.1145/582415.582418; the discount of Burges et al. 2005",
    )


def mrr(depth: str) -> Measure:
    """Reciprocal rank of the first good one within ``depth``."""
    return Measure(
        f"MRR@{depth}",
        f"1 / rank of the first relevant result; 0 when there is none among the first {depth}. "
        "The mean over all judged queries.",
        "Voorhees 1999, The TREC-8 Question Answering Track Report",
    )


def recall_at(depth: str) -> Measure:
    """Recall within ``depth``."""
    return Measure(
        f"R@{depth}",
        f"The share of a query's relevant documents (grade 1 or more) that are among the first {depth}. "
        "The mean over all judged queries.",
        f"Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, 8.3; trec_eval's recall_{depth}",
    )


def precision_at(depth: str) -> Measure:
    """Precision of the first ``depth``."""
    return Measure(
        f"P@{depth}",
        f"Relevant documents (grade 1 or more) among the first {depth}, divided by {depth} however many came. "
        "The mean over all judged queries.",
        f"Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, 8.4; trec_eval's P_{depth}",
    )


def average_precision(depth: str) -> Measure:
    """Average precision over the first ``depth``."""
    return Measure(
        f"AP@{depth}",
        f"The precision at the rank of each relevant document among the first {depth}, summed and divided by the "
        "number of all relevant documents. The mean over all judged queries.",
        f"Buckley and Voorhees 2000, SIGIR, doi 10.1145/345508.345543; trec_eval's map_cut_{depth}",
    )


def hit(depth: str) -> Measure:
    """Success within ``depth``."""
    return Measure(
        f"hit@{depth}",
        f"1 when a passage at an acceptable place (of marked answers: one that holds an answer whole) is among the "
        f"first {depth}, else 0: the share of the answerable questions.",
        f"Craswell 2009, Success at n, Encyclopedia of Database Systems; trec_eval's success_{depth}",
    )


def precision(label: str) -> Measure:
    """Precision of one label."""
    return Measure(
        f"precision {label}", f"Of the texts that were given the label {label}, the share that bears it.", _RIJSBERGEN
    )


def recall(label: str) -> Measure:
    """Recall of one label."""
    return Measure(
        f"recall {label}", f"Of the texts that bear the label {label}, the share that was given it.", _RIJSBERGEN
    )


def f1(label: str) -> Measure:
    """F1 of one label."""
    return Measure(
        f"F1 {label}",
        f"The harmonic mean of precision and recall of the label {label}; 0 when both are 0.",
        _RIJSBERGEN,
    )


def stage_time(stage: str) -> Measure:
    """Milliseconds of one stage."""
    return Measure(
        f"{stage} ms", f"Milliseconds of the {stage}: for one question the median over all rounds.", _OURS, rising=False
    )


def stage_percentile(stage_and_percent: str) -> Measure:
    """A percentile of the milliseconds of one stage."""
    stage, percent = stage_and_percent.split(" p")
    return Measure(
        f"{stage_and_percent} ms",
        f"Of the questions' milliseconds of the {stage}, the smallest that {percent} % of the questions don't exceed.",
        "nearest-rank percentile; its interval: Conover 1999, Practical Nonparametric Statistics, 3.2",
        rising=False,
    )


def _handed(name: str, to: str, texts: str) -> Measure:
    return Measure(name, f"1 when the reply hands over to {to}: the share of the {texts}.", _OURS)


def _alarm(name: str, does: str, texts: str) -> Measure:
    """A wrong alarm: less is better."""
    return Measure(name, f"1 when the reply {does}: the share of the {texts}.", _OURS, rising=False, default=1.0)


_RIJSBERGEN = "van Rijsbergen 1979, Information Retrieval, chapter 7"
_OURS = "defined here"

_FIXED = {
    row.name: row
    for row in (
        Measure(
            "sentence shown",
            "1 when a shown quote holds an acceptable sentence or is a good part of it, word by word: the share of "
            "the answerable questions.",
            _OURS,
        ),
        Measure(
            "sentence shown first",
            "1 when the first shown quote does: the share of the answerable questions.",
            _OURS,
        ),
        Measure(
            "answer whole",
            "1 when some passage, found or not, holds one of the question's answers whole: the share of the questions. "
            "An answer that the splitter cut is found by no ranking, so no other figure of its suite can be higher.",
            _OURS,
        ),
        Measure("answered", "1 when the reply is an answer: the share of the answerable questions.", _OURS),
        Measure("abstained", "1 when the reply is no answer: the share of the unanswerable questions.", _OURS),
        Measure(
            "clarified",
            "1 when the reply asks back and offers every product that could be meant: the share of the ambiguous "
            "questions.",
            _OURS,
        ),
        Measure(
            "right",
            "1 when a reader would call the reply right: the sentence is shown, nothing is answered where there is no "
            "answer, or the full question comes back. The share of all questions.",
            _OURS,
        ),
        Measure("accuracy", "1 when the label given is the expected one: the share of all texts.", _RIJSBERGEN),
        Measure("macro F1", "The mean of F1 over the labels, each counting the same.", _RIJSBERGEN),
        *(Measure(name, meaning, _OURS) for name, meaning in REPLY_MEASURES.items()),
        Measure(
            "adverse-event recall",
            "1 when the reply hands over to safety: the share of the texts that tell of an adverse event, beside "
            "whatever else they ask.",
            "EMA, Guideline on good pharmacovigilance practices, Module VI: what must be collected",
        ),
        Measure(
            "near misses left alone",
            "1 when the reply doesn't hand over to safety: the share of the texts that look like an adverse event and "
            "are none, without those that ask how to report.",
            _OURS,
        ),
        _alarm(
            "other safety handovers", "hands over to safety", "texts that neither tell of an event nor look like it"
        ),
        Measure(
            "emergency recall",
            "1 when the reply hands over to the emergency service: the share of the emergencies.",
            _OURS,
        ),
        _alarm("emergency false alarms", "hands over to the emergency service", "texts that are no emergency"),
        _handed("off-label handed over", "medical information", "requests beyond the label"),
        _handed("comparison handed over", "medical information", "comparisons of products"),
        _handed("request handed over", "medical information", "requests for medical information"),
        _handed("commercial handed over", "the commercial contact", "questions of price, samples, orders and visits"),
        Measure(
            "patient-specific notice",
            "1 when the reply says that it decides for no patient: the share of the questions about one patient.",
            _OURS,
        ),
        Measure(
            "redaction span recall",
            "A piece of personal data counts when its every letter and digit is masked, whatever the type: the share "
            "of all pieces. In a slice it is the mean over texts of each one's share, so slices needn't add up to it.",
            _OURS,
        ),
        _alarm("masked needlessly", "masks something", "texts without personal data"),
        Measure(
            "behaviour contract",
            "1 when the reply does all that the text demands and nothing that it forbids: the share of all texts.",
            _OURS,
        ),
        Measure(
            "intent accuracy",
            "1 when the recognised intent is the expected one: the share of the information questions that have one.",
            _RIJSBERGEN,
        ),
    )
}
_FAMILIES: tuple[tuple[re.Pattern[str], Callable[[str], Measure]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (r"nDCG@([1-9]\d*)", ndcg),
        (r"MRR@([1-9]\d*)", mrr),
        (r"R@([1-9]\d*)", recall_at),
        (r"P@([1-9]\d*)", precision_at),
        (r"AP@([1-9]\d*)", average_precision),
        (r"hit@([1-9]\d*)", hit),
        (r"precision (\S.*)", precision),
        (r"recall (\S.*)", recall),
        (r"F1 (\S.*)", f1),
        (r"(turn|retrieval) ms", stage_time),
        (r"((?:turn|retrieval) p\d\d) ms", stage_percentile),
    )
)

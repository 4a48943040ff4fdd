"""``junit.xml``: what a build server shows. A test case a gate, and one a query that fails something.

Skipped are gates that don't apply, and nothing else: a query that a floor allows for passes, and its output says what
it missed. Hundreds of skipped cases would hide one that matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree

from eval.evaluation import Evaluation
from eval.gates import Checked, said
from eval.model import Case, Result
from eval.report.text import clean, line

_NAME = 200  # characters of a test case's name
_Element = ElementTree.Element


def junit_xml(evaluation: Evaluation) -> str:
    """The file's text: a suite for each result, and one for each suite whose gates don't apply."""
    root = ElementTree.Element("testsuites", name="evaluation")
    for result in evaluation.results:
        suite = _suite(root, f"{result.suite} on {result.dataset}", evaluation)
        if (seconds := evaluation.seconds_of(result)) is not None:
            suite.set("time", f"{seconds:.3f}")
        suite.extend(_result_cases(evaluation, result))
    keys = {(result.suite, result.dataset) for result in evaluation.results}
    others = [row for row in evaluation.checked if not row.applies or (row.gate.suite, row.dataset) not in keys]
    for name in dict.fromkeys(row.gate.suite for row in others):
        suite = _suite(root, name, evaluation)
        suite.extend(_gate_case(row) for row in others if row.gate.suite == name)
    if evaluation.owed and not evaluation.gated:
        suite = _suite(root, "gates", evaluation)
        suite.append(_case("gates", "a gate applies", "error", "invalid", "none of those named applies to what ran"))
    for suite in root:
        _count(suite, suite.iter("testcase"))
    _count(root, root.iter("testcase"))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: _Element, name: str, evaluation: Evaluation) -> _Element:
    made = evaluation.made.isoformat(timespec="seconds")
    return ElementTree.SubElement(root, "testsuite", name=clean(name), timestamp=made)


def _result_cases(evaluation: Evaluation, result: Result) -> Iterator[_Element]:
    if result.invalid:
        yield _case(result.suite, "the data are whole", "error", "invalid", "; ".join(result.invalid))
    for row in evaluation.checked:
        if row.applies and (row.gate.suite, row.dataset) == (result.suite, result.dataset):
            yield _gate_case(row, "; ".join(result.invalid))
    for case in result.cases:
        if case.failures:
            yield _query_case(evaluation, result, case)


def _gate_case(row: Checked, invalid: str = "") -> _Element:
    bound = f"at least {said(row.gate.limit)}" if row.gate.rising else f"at most {said(row.gate.limit)}"
    name = f"{row.name} is {bound}"
    if invalid:
        return _case(f"{row.gate.suite}.gates", name, "error", "invalid", invalid)
    if row.failed:
        return _case(f"{row.gate.suite}.gates", name, "failure", "gate", row.reason)
    if not row.applies:
        return _case(f"{row.gate.suite}.gates", name, "skipped", "", f"doesn't apply: {row.reason}")
    return _case(f"{row.gate.suite}.gates", name)


def _query_case(evaluation: Evaluation, result: Result, case: Case) -> _Element:
    """It fails with the gate of what it fails; while that gate passes it is one of those that a floor allows for."""
    gates = [row for name in case.failures for row in evaluation.gates_of(result, name)]
    fails = any(row.failed or row.gate.perfect for row in gates)
    told = "; ".join(f"{name}: {why}" for name, why in case.failures.items())
    name = f"{case.id}: {line(case.text, _NAME)}"
    if not fails:
        allowed = f"missed, within the floor: {_floors(gates)}" if gates else "missed, and no gate is about it"
        element = _case(f"{result.suite}.queries", name)
        output = f"{allowed}; {told}\nexpected: {case.expected}\ngot: {case.got}"
        ElementTree.SubElement(element, "system-out").text = clean(output)
        return element
    element = _case(f"{result.suite}.queries", name, "failure", "query", told)
    element[0].text = clean(f"expected: {case.expected}\ngot: {case.got}")
    return element


def _floors(gates: Sequence[Checked]) -> str:
    return ", ".join(f"{row.name} {said(row.metric.value)}" for row in gates if row.metric is not None)


def _case(group: str, name: str, outcome: str = "", kind: str = "", message: str = "") -> _Element:
    element = ElementTree.Element("testcase", classname=clean(group), name=clean(name))
    if outcome:
        child = ElementTree.SubElement(element, outcome, message=line(message, 1000))
        if kind:
            child.set("type", kind)
    return element


def _count(element: _Element, cases: Iterable[_Element]) -> None:
    found = [{child.tag for child in case} for case in cases]
    element.set("tests", str(len(found)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(tag in tags for tags in found)))

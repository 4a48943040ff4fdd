"""What a PDF would do or carry beside its pages: nothing of it runs here, and a reader of the pages never sees it.

Actions are those of ISO 32000-1, 12.6; attached files those of 7.11.4 and 12.5.6.15.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject

from ingest.errors import Quarantined

_MOST = 10_000  # actions that are looked at in one file: a form has some hundred
_REFUSED = {
    "/JavaScript": "runs a script",
    "/Launch": "starts a program",
    "/SubmitForm": "sends a form to an address",
    "/ImportData": "reads another file",
    "/Rendition": "plays what stands elsewhere",
    "/GoToE": "opens an attached file",
}
_WAY_OUT = "export the PDF again without that"


def check_actions(reader: pypdf.PdfReader) -> None:
    """Raises ``Quarantined`` for a file that runs, sends or carries something. Links and jumps are no harm."""
    catalog = _resolved(reader.trailer.get("/Root"))
    names = _resolved(catalog.get("/Names")) if isinstance(catalog, DictionaryObject) else None
    if isinstance(names, DictionaryObject):
        if "/JavaScript" in names:
            raise Quarantined(f"it runs a script; {_WAY_OUT}")
        if "/EmbeddedFiles" in names and _resolved(names.get("/EmbeddedFiles")):
            raise Quarantined(f"it carries attached files, which aren't read; {_WAY_OUT}, and give them by themselves")
    _check_holder(catalog, "the file")
    for number, page in enumerate(reader.pages, 1):
        where = f"page {number}"
        _check_holder(page, where)
        notes = _resolved(page.get("/Annots"))
        for note in notes if isinstance(notes, ArrayObject) else ():
            note = _resolved(note)
            if isinstance(note, DictionaryObject):
                if note.get("/Subtype") == "/FileAttachment":
                    raise Quarantined(f"{where} carries an attached file, which isn't read; {_WAY_OUT}")
                _check_holder(note, where)


def _check_holder(holder: Any, where: str) -> None:
    if not isinstance(holder, DictionaryObject):
        return
    for action in _actions(holder):
        kind = _REFUSED.get(str(_resolved(action.get("/S"))))
        if kind is not None:
            raise Quarantined(f"{where} {kind}; {_WAY_OUT}")


def _actions(holder: DictionaryObject) -> Iterator[DictionaryObject]:
    """What happens when it is opened, clicked or left, and what happens after that."""
    more = _resolved(holder.get("/AA"))
    waiting = [holder.get("/OpenAction"), holder.get("/A")]
    waiting += list(more.values()) if isinstance(more, DictionaryObject) else []
    for _ in range(_MOST):
        if not waiting:
            return
        action = _resolved(waiting.pop())
        if isinstance(action, ArrayObject):
            waiting += list(action)
        elif isinstance(action, DictionaryObject):
            yield action
            waiting.append(action.get("/Next"))
    raise Quarantined(f"more than {_MOST:,} actions follow each other; {_WAY_OUT}")


def _resolved(value: Any) -> Any:
    return value.get_object() if value is not None and hasattr(value, "get_object") else value

from __future__ import annotations

import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import docx
import pytest

from corpus.catalogue import CatalogueRow
from corpus.database import Database
from corpus.kept import keep_bytes, picture_name
from corpus.model import Source
from corpus.staging import Staging
from corpus.store import Store
from index.layout import Home
from ingest import formats, reading
from ingest.errors import InvalidInput, Quarantined, Unfinished
from ingest.limits import MAX_FILE_BYTES
from ingest.outcomes import Outcome
from ingest.parse import Tell, read_document
from ingest.pipeline import find_files, ingest
from ingest.sandbox import handback
from ingest.sandbox.workers import Reading
from tests.builders import approval, pdf

HEADER = "^Company confidential"
LABEL = pdf(
    [HEADER, "# Velmarin 75 mg tablets", "# 4.2 Posology", "Take one tablet of lodisartan a day.", "_1"],
    [HEADER, "# 4.3 Contraindications", "Lodisartan is not taken in pregnancy.", "_2"],
    [HEADER, "# 5. Pharmacology", "Velmarin holds 75 mg of lodisartan.", "", "Velmarin lowers.", "_3"],
)
PAGE = b"<nav>Home</nav><main><h1>Lumetra guide</h1><h2 id=cold>Storage</h2><p>Do not freeze Lumetra.</p></main>"
GUIDE = b"# Lumetra guide\n\n## Storage\n\nStore Lumetra in a refrigerator. Do not freeze it.\n"


@dataclass
class Desk:
    """A folder of files and a home to ingest them into."""

    root: Path
    store: Store

    def put(self, name: str, content: bytes) -> Path:
        file = self.root / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def ingest(self, files: Iterable[Path], rows: Iterable[CatalogueRow] = (), workers: int = 1) -> dict[str, Outcome]:
        given = files if isinstance(files, Iterator) else list(files)
        outcomes = ingest(given, list(rows), self.store, Home(self.root).folders(), workers)
        found = {outcome.file.name: outcome for outcome in outcomes}
        self.check()
        return found

    def check(self) -> None:
        """Every digest and slice that is kept is what it says."""
        for source in (self.root / "sources").glob("*"):
            assert hashlib.sha256(source.read_bytes()).hexdigest() == source.name
        for staging in self.stagings.values():
            if staging.document is None:
                assert staging.reason
                continue
            document = self.store.document(staging.document)
            assert document.sha256 == staging.document
            assert document.source.sha256 == staging.source_sha256
            assert (self.root / "sources" / staging.source_sha256).is_file()
            for passage in self.store.passages(staging.document):
                assert passage.text == document.text[passage.start : passage.end]
        assert not list(self.root.rglob("*.part"))

    @property
    def stagings(self) -> dict[str, Staging]:
        return {Path(staging.file).name: staging for staging in self.store.stagings()}

    def text(self, name: str) -> str:
        digest = self.stagings[name].document
        assert digest is not None
        return self.store.document(digest).text

    def pictures(self) -> dict[str, int]:
        """Each page picture with the time at which it was made."""
        folder = self.root / "pages"
        return {str(file.relative_to(folder)): file.stat().st_mtime_ns for file in folder.rglob("*.*")}


class InProcess:
    """Workers without processes: what is submitted is read at once."""

    def __init__(self, *_: object) -> None: ...

    def __enter__(self) -> InProcess:
        return self

    def __exit__(self, *_: object) -> None: ...

    def submit(self, file: Path, source: Source, pictures: Path) -> Future[Reading]:
        drawn: set[int] = set()

        def keep(page: int, jpeg: bytes) -> None:
            keep_bytes(pictures / picture_name(page), jpeg)
            drawn.add(page)

        made: bytes | Quarantined
        try:
            made = handback.packed(read_document(file.read_bytes(), source, Tell(keep, lambda *_: None, lambda: None)))
        except Quarantined as error:
            made = error
        future: Future[Reading] = Future()
        future.set_result(Reading(source, made, frozenset(drawn), None))
        return future


class NoPool(InProcess):
    """Whoever reads a file again is found out."""

    def submit(self, file: Path, source: Source, pictures: Path) -> Future[Reading]:
        raise AssertionError(f"{source.name} is read again")


class Failing(InProcess):
    """The machine is too busy for any file."""

    def submit(self, file: Path, source: Source, pictures: Path) -> Future[Reading]:
        future: Future[Reading] = Future()
        future.set_result(Reading(source, Unfinished("reading it takes more than 9 seconds"), frozenset(), None))
        return future


@pytest.fixture
def desk_with_workers(database: Database, tmp_path: Path) -> Desk:
    return Desk(tmp_path, Store(database))


@pytest.fixture
def desk(desk_with_workers: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(reading, "Workers", InProcess)
    return desk_with_workers


def row(status: str = "approved", **changes: object) -> CatalogueRow:
    given = approval()
    values = {name: getattr(given, name, None) for name in CatalogueRow.__slots__}
    return CatalogueRow(**{**values, "where": "test", "file": "label.pdf", "status": status, **changes})  # type: ignore[arg-type]


def test_a_pdf_becomes_a_document_with_confirmed_passages_under_their_headings(desk: Desk) -> None:
    outcome = desk.ingest([desk.put("label.pdf", LABEL)])["label.pdf"]
    assert (outcome.state, outcome.confirmed, outcome.reason) == ("staged", 1.0, "")
    document = desk.store.document(outcome.document or "")
    assert (document.title, document.names, document.language) == (
        "Velmarin 75 mg tablets",
        ("Velmarin", "lodisartan"),
        "en",
    )
    assert [(passage.page, passage.path[-1], passage.text) for passage in desk.store.passages(document.sha256)] == [
        (1, "4.2 Posology", "Take one tablet of lodisartan a day."),
        (2, "4.3 Contraindications", "Lodisartan is not taken in pregnancy."),
        (3, "5. Pharmacology", "Velmarin holds 75 mg of lodisartan.\nVelmarin lowers."),
    ]
    assert sorted(desk.pictures()) == [f"{document.source.sha256}/{number:04d}.jpg" for number in (1, 2, 3)]


def word() -> bytes:
    document = docx.Document()
    document.add_paragraph("Lumetra guide", "Title")
    document.add_heading("Storage", 1)
    document.add_paragraph("Do not freeze Lumetra.")
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "anchor", "reader"),
    [
        ("guide.html", PAGE, "cold", r"lxml [\d.]+, rules \d+"),
        ("guide.HTM", PAGE, "cold", r"lxml [\d.]+, rules \d+"),
        ("guide.docx", word(), "storage", r"python-docx [\d.]+, lxml [\d.]+, rules \d+"),
        ("guide.md", GUIDE, "storage", r"markdown-it [\d.]+, rules \d+"),
    ],
)
def test_a_file_without_pages_becomes_a_document_whose_passages_have_anchors(
    name: str, content: bytes, anchor: str, reader: str, desk_with_workers: Desk
) -> None:
    desk = desk_with_workers
    outcome = desk.ingest([desk.put(name, content)])[name]
    assert (outcome.state, outcome.confirmed, outcome.reason) == ("staged", 1.0, "")
    document = desk.store.document(outcome.document or "")
    assert (document.title, document.pages, document.language) == ("Lumetra guide", (), "en")
    assert re.fullmatch(reader, document.reader)
    (passage,) = desk.store.passages(document.sha256)
    assert (passage.path[-1], passage.page, passage.anchor) == ("Storage", None, anchor)
    assert "freeze" in passage.text
    assert "Home" not in document.text
    assert desk.ingest([desk.root / "in" / name])[name].state == "unchanged"


def test_bad_files_are_quarantined_with_the_way_out_and_the_rest_of_the_batch_goes_on(desk_with_workers: Desk) -> None:
    desk = desk_with_workers
    large = desk.put("large.pdf", b"%PDF-")
    with large.open("r+b") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)  # sparse: it takes no room
    bad = {
        "broken.pdf": (b"%PDF-1.7 " + b"garbage" * 300, "export it again"),
        "scan.pdf": (pdf([""]), "provide a PDF with text"),
        "empty.pdf": (b"", "provide it again"),
        "wide.pdf": (pdf(["Take one tablet."]).replace(b"595 842", b"50000 99"), "common page size"),
        "slides.pptx": (b"PK", "save it in PowerPoint again"),
        "slides.key": (b"PK", "convert it to one of .pdf, .md"),
        "html.md": (b"Take <b>one</b>.", "write it as text"),
        "app.html": (b"<div id=app></div><script>start()</script>", "provide a PDF"),
        "report.docx": (b"PK", "save it in Word again"),
    }
    files = [desk.put(name, content) for name, (content, _) in bad.items()]
    lost = desk.root / "in" / "lost.md"
    outcomes = desk.ingest([large, *files, lost, desk.put("guide.md", GUIDE)], workers=2)
    assert outcomes.pop("guide.md").state == "staged"
    ways_out = {name: way_out for name, (_, way_out) in bad.items()}
    ways_out |= {"large.pdf": "split it", "lost.md": "check that it is there"}
    assert outcomes.keys() == ways_out.keys()
    for name, way_out in ways_out.items():
        assert (outcomes[name].state, outcomes[name].document) == ("quarantined", None)
        assert way_out in outcomes[name].reason
        assert desk.stagings[name].reason == outcomes[name].reason


def test_a_second_run_is_unchanged_and_reads_nothing_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [desk.put("label.pdf", LABEL), desk.put("guide.md", GUIDE)]
    first = desk.ingest(files)
    monkeypatch.setattr(reading, "Workers", NoPool)
    second = desk.ingest(files)
    assert {outcome.state for outcome in second.values()} == {"unchanged"}
    for name, outcome in first.items():
        again = second[name]
        assert (again.document, again.passages, again.confirmed) == (
            outcome.document,
            outcome.passages,
            outcome.confirmed,
        )


def test_what_was_refused_for_its_content_is_refused_again_without_being_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [desk.put("scan.pdf", pdf([""])), desk.put("html.md", b"Take <b>one</b>.")]
    files.append(desk.put("hides.html", PAGE.replace(b"<h2", b"<p hidden>Never with quorvel.</p><h2")))
    first, staged = desk.ingest(files), desk.stagings
    monkeypatch.setattr(reading, "Workers", NoPool)
    again = desk.ingest([*files, desk.put("copy.pdf", pdf([""]))])
    assert {outcome.state for outcome in again.values()} == {"quarantined"}
    assert again["copy.pdf"].reason == again["scan.pdf"].reason
    for name, outcome in first.items():
        assert outcome.reason
        assert (again[name].reason, again[name].findings) == (outcome.reason, outcome.findings)
        assert desk.stagings[name] == staged[name]
    assert again["hides.html"].findings


@pytest.mark.parametrize("lost", ["code", "rules", "record", "half a record"])
def test_it_is_read_again_once_what_decided_it_may_have_changed(
    lost: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = desk.put("html.md", b"Take <b>one</b>.")
    desk.ingest([file])
    (record,) = Home(desk.root).refusals.iterdir()
    changes = {
        "code": lambda: monkeypatch.setattr(formats, "code", lambda: "other"),
        "rules": lambda: monkeypatch.setattr(formats, "RULES", formats.RULES + 1),
        "record": record.unlink,
        "half a record": lambda: record.write_bytes(record.read_bytes()[:40]),
    }
    changes[lost]()
    monkeypatch.setattr(reading, "Workers", NoPool)
    with pytest.raises(AssertionError, match="is read again"):
        desk.ingest([file])


def test_a_file_whose_reader_failed_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    file = desk.put("guide.md", GUIDE)
    monkeypatch.setattr(reading, "Workers", Failing)
    assert "more than 9 seconds" in desk.ingest([file])["guide.md"].reason
    assert desk.stagings["guide.md"].reason
    monkeypatch.setattr(reading, "Workers", InProcess)
    assert desk.ingest([file])["guide.md"].state == "staged"


@pytest.mark.parametrize(("name", "content"), [("label.pdf", LABEL), ("guide.md", GUIDE)])
def test_a_file_is_read_again_under_other_rules(
    name: str, content: bytes, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ingest([desk.put(name, content)])
    monkeypatch.setattr(formats, "RULES", formats.RULES + 1)
    monkeypatch.setattr(reading, "Workers", NoPool)
    with pytest.raises(AssertionError, match="is read again"):
        desk.ingest([desk.put(name, content)])


def test_a_changed_file_is_staged_anew_and_its_earlier_text_is_kept(desk: Desk) -> None:
    before = desk.ingest([desk.put("guide.md", GUIDE)])["guide.md"]
    after = desk.ingest([desk.put("guide.md", GUIDE.replace(b"refrigerator", b"freezer"))])["guide.md"]
    assert (after.state, "freezer" in desk.text("guide.md")) == ("staged", True)
    assert before.document != after.document
    assert "refrigerator" in desk.store.document(before.document or "").text
    broken = desk.ingest([desk.put("guide.md", b"\xff")])["guide.md"]
    assert (broken.state, desk.stagings["guide.md"].document) == ("quarantined", None)


def test_a_file_that_changes_while_it_is_read_is_kept_as_it_was_opened(desk_with_workers: Desk) -> None:
    """The document's text must be that of the bytes whose digest was approved."""
    desk = desk_with_workers
    file = desk.put("guide.md", GUIDE)

    def files() -> Iterator[Path]:
        yield file
        file.write_bytes(GUIDE.replace(b"refrigerator", b"freezer"))  # its worker is still starting

    assert desk.ingest(files())["guide.md"].state == "staged"
    assert "refrigerator" in desk.text("guide.md")
    assert desk.stagings["guide.md"].source_sha256 == hashlib.sha256(GUIDE).hexdigest()


def test_copies_of_one_file_share_their_pictures_which_are_made_once(desk: Desk) -> None:
    desk.ingest([desk.put("label.pdf", LABEL)])
    made = desk.pictures()
    assert desk.ingest([desk.put("copy.pdf", LABEL)])["copy.pdf"].state == "staged"
    assert desk.pictures() == made


def test_two_workers_may_keep_the_same_picture_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "pages" / "0001.jpg"
    sync = os.fsync

    def overtaken(handle: int) -> None:
        monkeypatch.setattr("os.fsync", sync)
        monkeypatch.setattr("os.getpid", lambda: 1)
        keep_bytes(kept, b"jpeg")  # another process begins and ends before ours goes on

    monkeypatch.setattr("os.fsync", overtaken)
    keep_bytes(kept, b"jpeg")
    assert (kept.read_bytes(), list(kept.parent.iterdir())) == (b"jpeg", [kept])


def test_a_content_addressed_file_is_never_written_twice(tmp_path: Path) -> None:
    kept = tmp_path / "sources" / "digest"
    keep_bytes(kept, b"first")
    keep_bytes(kept, b"second")
    assert (kept.read_bytes(), list(kept.parent.iterdir())) == (b"first", [kept])


def test_only_approved_rows_approve_and_they_approve_these_bytes(desk: Desk) -> None:
    file = desk.put("label.pdf", LABEL)
    rows = [row(), row("draft", country="FR"), row(country="DE", file="other.pdf")]
    assert not desk.ingest([file], rows)["label.pdf"].unapproved
    (given,) = desk.stagings["label.pdf"].approvals
    assert (given.country, given.source_sha256) == ("GB", hashlib.sha256(LABEL).hexdigest())
    assert given == approval(given.source_sha256)


def test_a_file_without_metadata_is_staged_as_unapproved(desk: Desk) -> None:
    assert desk.ingest([desk.put("guide.md", GUIDE)], [row()])["guide.md"].unapproved
    assert (desk.stagings["guide.md"].unapproved, desk.stagings["guide.md"].approvals) == (True, ())


def test_a_catalogue_that_comes_later_approves_what_is_stored(desk: Desk) -> None:
    file = desk.put("guide.md", GUIDE)
    desk.ingest([file])
    assert desk.ingest([file], [row(file="guide.md")])["guide.md"].state == "unchanged"
    assert len(desk.stagings["guide.md"].approvals) == 1


def test_a_sidecar_speaks_for_its_file_before_the_catalogue(desk: Desk) -> None:
    file = desk.put("guide.md", GUIDE)
    text = 'document_number = "DOC-2"\nversion = "1"\ncountry = "GB"\ntitle = "Guide"\nstatus = "draft"\n'
    desk.put("guide.toml", f'{text}document_type = "guide"\nlanguage = "en"\n'.encode())
    assert not desk.ingest([file], [row(file="guide.md")])["guide.md"].unapproved
    assert desk.stagings["guide.md"].approvals == ()


def test_folders_are_searched_whole_but_for_metadata_and_hidden_files(desk: Desk) -> None:
    wanted = [desk.put(name, b"x") for name in ("a.md", "deep/er/b.PDF", "c.docx")]
    for name in ("catalogue.csv", "a.toml", ".git/d.md", ".hidden.md", "~$c.docx"):
        desk.put(name, b"x")
    assert find_files([desk.root / "in", wanted[0]]) == sorted(wanted)


def test_a_path_that_is_not_there_stops_the_run_before_it_starts(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match=r"lost: no such file or folder; check the path"):
        find_files([desk.put("a.md", b"x"), desk.root / "lost"])
    desk.put("only/catalogue.csv", b"x")
    with pytest.raises(
        InvalidInput, match=r"no files with \.pdf, \.md, \.html, \.htm, \.txt, \.docx, \.pptx, \.xlsx found"
    ):
        find_files([desk.root / "in" / "only"])

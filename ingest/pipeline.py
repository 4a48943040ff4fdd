"""Files -> stored documents: read, confirm, split, keep. Each file ends staged, unchanged or quarantined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from corpus.catalogue import CatalogueRow
from corpus.errors import Conflict
from corpus.errors import InvalidInput as CorpusInvalidInput
from corpus.kept import Folders, keep_bytes, picture_name
from corpus.store import Kept, Store
from ingest.batch import Batch
from ingest.errors import InvalidInput, Quarantined
from ingest.formats import MEDIA_TYPES, is_content, open_source, reader_of
from ingest.outcomes import Asked, Outcome, Run, approvals_of, rows_about, staged_name
from ingest.refusals import remembered


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Every readable file under ``paths``, sorted; raises ``InvalidInput`` for a path that isn't there."""
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file() and is_content(file.relative_to(path)))
        elif path.is_file():
            found.add(path)
        else:
            raise InvalidInput(f"{path}: no such file or folder; check the path")
    if not found:
        raise InvalidInput(f"no files with {', '.join(MEDIA_TYPES)} found; name files or folders that hold some")
    return sorted(found)


def ingest(
    files: Iterable[Path], rows: Sequence[CatalogueRow], store: Store, folders: Folders, workers: int
) -> Iterator[Outcome]:
    """Stages ``files``, yielding an outcome as each is done; their order is not that of ``files``.

    What became of them is on record when the last is out, or when the run is left before.
    """
    batch = Batch(store)
    try:
        yield from _ingest(Run(rows, store, batch, folders), files, workers)
    finally:
        batch.write()


def _ingest(run: Run, files: Iterable[Path], workers: int) -> Iterator[Outcome]:
    looked_at = _looked_at(run, files)
    for each in looked_at:
        if isinstance(each, Outcome):
            yield each
            continue
        # Imported when there is something to read: the readers take longer to load than finding that there isn't.
        from ingest.reading import read_all

        yield from read_all(run, chain([each], looked_at), workers)


def _looked_at(run: Run, files: Iterable[Path]) -> Iterator[Outcome | Asked]:
    """What becomes of each file, where that is known without reading it."""
    names: dict[str, Path] = {}
    for file in files:
        if file.name in names:  # not staged: that would overwrite what became of the other one
            reason = f"{names[file.name]} of this batch has the same name; rename one of them"
            yield Outcome(file, "quarantined", reason, None, 0, 0.0, unapproved=False, rows=())
            continue
        names[file.name] = file
        try:
            yield _known(run, file)
        except (Quarantined, CorpusInvalidInput, Conflict) as error:
            yield run.quarantine(file, "", str(error))


def _known(run: Run, file: Path) -> Outcome | Asked:
    """Raises ``Quarantined`` or the errors of a wrong sidecar and of versions that contradict each other."""
    source, content = open_source(file)
    about = rows_about(file, run.catalogue)
    run.batch.check_versions(staged_name(file), approvals_of(about, source.sha256))
    known = run.store.find_document(source.sha256, source.name, reader_of(source.media_type))
    if known is not None and _is_whole(run.store, known, run.folders.pages / source.sha256):
        return run.stage(file, source, known, about, "unchanged")
    refusal = remembered(run.folders, source)
    if refusal is not None and not (refusal.readable and run.is_accepted(source, refusal.findings)):
        return run.quarantine(file, source.sha256, refusal.reason, refusal.findings)
    keep_bytes(run.folders.sources / source.sha256, content, source.sha256)  # the file may change meanwhile
    return Asked(file, source, len(content), about)


def _is_whole(store: Store, known: Kept, folder: Path) -> bool:
    """Whether its coverage was measured and every page's picture is still there; else the file is read again."""
    pictured = all((folder / picture_name(page)).is_file() for page in known.pages)
    return pictured and store.is_measured(known.sha256)

"""One batch ingested by a process of its own, so that its memory is its own: what became of each file, and its peak."""

from __future__ import annotations

import dataclasses
import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from corpus.database import open_database
from corpus.store import Store
from index.layout import Home
from ingest.limits import CHILD_BYTES, FILE_SECONDS, PAGE_SECONDS
from ingest.pipeline import ingest
from ingest.sandbox.workers import Usage

READERS_BYTES = 2**28  # what is loaded before a file is looked at, and a little room
PARENT_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Became:
    """What became of one file."""

    file: Path
    state: str
    reason: str
    passages: int
    pages: int
    characters: int
    usage: Usage | None

    def check(self) -> None:
        """It ended staged with text or quarantined with a reason, within its limits."""
        if self.state == "staged":
            assert self.characters, self
            assert self.passages, self
        else:
            assert self.state == "quarantined", self
            assert self.reason, self
        if self.usage is not None:
            allowed = FILE_SECONDS + 3 * PAGE_SECONDS * max(1, self.pages)
            assert self.usage.cpu_seconds <= allowed + 1, self  # the kernel counts whole seconds
            assert self.usage.peak_bytes <= CHILD_BYTES + READERS_BYTES, self


def ingested(files: list[Path], root: Path, workers: int = 2) -> tuple[list[Became], int]:
    """What became of ``files``, and the most bytes that the parent took."""
    root.mkdir(parents=True, exist_ok=True)
    asked = root / "files.json"
    asked.write_text(json.dumps([str(file) for file in files]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(asked), str(root), str(workers)],
        stdout=subprocess.PIPE,
        check=True,
        env=None,
        cwd=Path(__file__).parents[3],
    )
    said = json.loads(done.stdout)
    rows = [
        Became(**{**row, "file": Path(row["file"]), "usage": Usage(**row["usage"]) if row["usage"] else None})
        for row in said["files"]
    ]
    return rows, said["peak"]


def _high_water() -> int:
    """The most memory that this program has held, in bytes; getrusage(2) would tell that of who started it."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _main() -> None:
    files = [Path(each) for each in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))]
    root = Path(sys.argv[2])
    database = open_database(root / "signpost.db")
    store = Store(database)
    rows = []
    for outcome in ingest(files, (), store, Home(root).folders(), int(sys.argv[3])):
        document = store.document(outcome.document) if outcome.document else None
        rows.append(
            {
                "file": str(outcome.file),
                "state": outcome.state,
                "reason": outcome.reason,
                "passages": outcome.passages,
                "pages": len(document.pages) if document else 0,
                "characters": len(document.text.strip()) if document else 0,
                "usage": dataclasses.asdict(outcome.usage) if outcome.usage else None,
            }
        )
    database.close()
    peak = _high_water()
    print(json.dumps({"files": rows, "peak": peak}))  # noqa: T201 - its output is what it was started for


if __name__ == "__main__":
    _main()

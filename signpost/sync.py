"""What `signpost ingest --sync` does after reading: vanished files become proposals, never withdrawals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.terminal import UsageError, note, now

if TYPE_CHECKING:
    from corpus.proposals import ProposalEvent
    from corpus.registry import Registry
    from corpus.staging import Staging
    from corpus.store import Store
    from ingest.sync import Vanished


@dataclass(frozen=True, slots=True)
class Synced:
    """What came of a sync."""

    vanished: Vanished
    events: Sequence[ProposalEvent]
    forgotten: Sequence[str]  # gone, and nothing of them is in force or waits: their bytes are elsewhere, say

    @property
    def many(self) -> bool:
        """Whether so much is new among what is gone that a person should look why first."""
        return self.vanished.is_many(sum(event.state == "proposed" for event in self.events))

    def as_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        by_state = {
            state: [event.file for event in self.events if event.state == state] for state in ("proposed", "returned")
        }
        return {
            "known": self.vanished.known,
            "vanished": [str(file) for file in self.vanished.files],
            "held_back": [{"folder": str(folder), "files": count} for folder, count in self.vanished.folders],
            "many": self.many,
            "forgotten": list(self.forgotten),
            **by_state,
        }


def files_of(paths: Sequence[Path], gone: Sequence[Path]) -> list[Path]:
    """The files to read. With ``gone`` there may be none left; raises what `find_files` raises."""
    from ingest.errors import InvalidInput
    from ingest.formats import is_content
    from ingest.pipeline import find_files

    for path in gone:
        if path.is_file() or any(file.is_file() and is_content(file.relative_to(path)) for file in path.rglob("*")):
            raise UsageError(f"{path}: it holds files, so it isn't gone; leave --gone out")
    named = {path.resolve() for path in gone}
    left = [path for path in paths if path.resolve() not in named]
    try:
        return find_files(left) if left else []
    except InvalidInput:
        if any(each.is_relative_to(path.resolve()) for each in named for path in left):
            return []
        raise


def sync(store: Store, files: Sequence[Path], paths: Sequence[Path], gone: Sequence[Path], actor: str) -> Synced:
    """Proposes to withdraw what is gone and closes the proposals of what is there again; says so on stderr."""
    from corpus.proposal_book import ProposalBook
    from ingest.sync import vanished

    stagings = {Path(staging.file): staging for staging in store.stagings()}
    found = {file.resolve() for file in files}
    roots, named = ([path.resolve() for path in each] for each in (paths, gone))
    seen = vanished(stagings, found, roots, named)
    present = [(each.file, each.source_sha256) for file, each in stagings.items() if file in found]
    elsewhere = {source for _, source in present}  # a file that was only moved or renamed
    registry, instant = store.registry(), datetime.now(UTC)
    lost = [stagings[file] for file in seen.files]
    counting = [each for each in lost if each.source_sha256 not in elsewhere and _counts(each, registry, instant)]
    subjects = [(each.file, each.source_sha256) for each in counting]
    events = ProposalBook(store.database).sync(subjects, present, actor, now())
    forgotten = [each.file for each in lost if each not in counting]
    store.forget(forgotten)
    made = Synced(seen, events, forgotten)
    _tell(made)
    return made


def _counts(staging: Staging, registry: Registry, instant: datetime) -> bool:
    """Whether a withdrawal would change anything: the file waits for a publish, or is in force now or later."""
    from corpus.registry import Standing

    standings = {registry.standing_at(e.approval.key, instant) for e in registry.of_source(staging.source_sha256)}
    return bool(staging.approvals) or not standings.isdisjoint((Standing.IN_FORCE, Standing.NOT_YET_EFFECTIVE))


def _tell(made: Synced) -> None:
    for folder, count in made.vanished.folders:
        note(
            f"{folder}: all {count} files are gone, so nothing is proposed: is a share not mounted? "
            f"If they went on purpose, add --gone {folder}"
        )
    proposed = [event for event in made.events if event.state == "proposed"]
    if made.many:
        gone = len(proposed) + sum(count for _, count in made.vanished.folders)
        note(f"warning: {gone} of {made.vanished.known} files are gone at once; look why before you accept a proposal")
    for event in proposed:
        note(f"{event.file}: gone; its withdrawal is proposed")
    if proposed:
        note("nothing was withdrawn: `signpost proposals` lists what waits for a decision")
    for event in made.events:
        if event.state == "returned":
            note(f"{event.file}: there again; its proposal is closed")
    for file in made.forgotten:
        note(f"{file}: gone; nothing of it is in force, so nothing is proposed")

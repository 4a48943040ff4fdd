"""An export proves itself to a stranger, by a verifier that runs without Signpost, and says what it doesn't show."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chatbot.audit.export import Exporter, Wanted
from chatbot.audit.signer import SECRET, Signer
from corpus.errors import Conflict, InvalidInput, NotFound
from corpus.proofs.files import KINDS
from corpus.proofs.note import Checkpoint, sign, told
from tests.grown import Grown, grown

ROOT = Path(__file__).resolve().parents[3]


def exporter(log: Grown) -> Exporter:
    return Exporter(log.database, log.log, log.signer)


def verify(folder: Path, key: str, *more: object, place: str = ".") -> subprocess.CompletedProcess[str]:
    """As its README says: in the export's folder, by the verifier that lies there."""
    return subprocess.run(
        [sys.executable, "-m", "corpus.proofs", place, "--key", key, *map(str, more)],
        cwd=folder,
        env={"PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True, slots=True)
class Made:
    """Exports of one log."""

    range: Path
    conversation: Path
    key: str
    other_key: str
    witness: Path
    log: Grown


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("exports")
    with grown(folder / "home", seed=5) as log, grown(folder / "other", seed=6, steps=5) as other:
        log.signer = Signer(log.database, log.keys, folder / "witness")
        for _ in range(6):
            log.reply(8)
            log.event()
            log.sign()
        log.erase()
        exporter(log).to_path(folder / "range", Wanted("a.lee", 5, 40, bodies=True, reason="an inspection"))
        conversation = json.loads(log.log.record(log.replies[0][0]).leaf)["conversation"]
        exporter(log).to_path(folder / "conversation", Wanted("a.lee", conversation=conversation))
        key, other_key = (str(each.signer.verifier()) for each in (log, other))
        yield Made(folder / "range", folder / "conversation", key, other_key, folder / "witness", log)


def test_a_stranger_verifies_an_export_with_the_verifier_that_lies_in_it(made: Made) -> None:
    done = verify(made.range, made.key)
    assert (done.returncode, done.stderr) == (0, "")
    assert "records 5 to 40: each stands in that log where it says, and none is missing" in done.stdout
    assert "older checkpoints" in done.stdout
    assert "not shown  whoever owns the log's database and its key" in done.stdout
    assert done.stdout.endswith("verified\n")


def test_the_verifier_in_an_export_loads_nothing_of_ours_but_itself(made: Made) -> None:
    code = (
        "import sys; sys.path.insert(0, '.'); import corpus.proofs.__main__ as m\n"
        f"assert m.main(['.', '--key', {made.key!r}]) == 0\n"
        "ours = {n: v.__file__ for n, v in sys.modules.items() if n.split('.')[0] in\n"
        "        ('corpus', 'chatbot', 'index', 'ingest', 'signpost', 'sqlalchemy', 'rfc8785')}\n"
        "assert all(f.startswith(sys.argv[1]) for f in ours.values()), ours"
    )
    command = [sys.executable, "-I", "-c", code, str(made.range)]
    done = subprocess.run(command, cwd=made.range, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_texts_that_were_asked_for_are_shown_to_be_those_recorded(made: Made) -> None:
    texts = [json.loads(line) for line in (made.range / "bodies.jsonl").read_text("utf-8").splitlines()]
    assert texts
    assert all(text["question"].startswith("What is the dose") for text in texts)
    assert f"the texts of {len(texts)} of " in verify(made.range, made.key).stdout


def test_an_export_without_texts_has_none(made: Made) -> None:
    assert not (made.conversation / "bodies.jsonl").exists()
    content = b"".join(file.read_bytes() for file in made.conversation.iterdir() if file.is_file())
    assert b"What is the dose" not in content


def test_an_export_of_a_conversation_says_that_more_may_belong_to_it(made: Made) -> None:
    done = verify(made.conversation, made.key)
    assert done.returncode == 0
    assert "not shown  that these are all the records of the conversation" in done.stdout


def test_every_export_is_a_leaf_that_says_who_took_what(made: Made) -> None:
    with made.log.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT leaf FROM records WHERE type = 'export' ORDER BY idx").scalars()
        first = json.loads(rows.all()[0])["export"]
    assert (first["actor"], first["first"], first["last"], first["records"]) == ("a.lee", 5, 40, 36)
    assert (first["bodies"], first["reason"]) == (True, "an inspection")


def test_texts_leave_only_with_a_reason(made: Made, tmp_path: Path) -> None:
    before = made.log.size
    with pytest.raises(InvalidInput, match="reason"):
        exporter(made.log).to_path(tmp_path / "out", Wanted("a.lee", bodies=True, reason=" "))
    assert made.log.size == before


def test_what_is_not_there_is_not_exported(made: Made, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="0 to"):
        exporter(made.log).to_path(tmp_path / "out", Wanted("a.lee", 5, 100_000))
    with pytest.raises(NotFound, match="no record"):
        exporter(made.log).to_path(tmp_path / "out", Wanted("a.lee", conversation="nobody's"))
    with pytest.raises(Conflict, match="already"):
        exporter(made.log).to_path(tmp_path, Wanted("a.lee"))


def test_an_archive_says_the_same_as_a_folder(made: Made, tmp_path: Path) -> None:
    exporter(made.log).to_path(tmp_path / "out.zip", Wanted("a.lee", 5, 40))
    assert verify(made.range, made.key, place=str(tmp_path / "out.zip")).returncode == 0
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "out")
    assert verify(tmp_path / "out", made.key).returncode == 0


def test_the_key_comes_from_elsewhere(made: Made) -> None:
    assert verify(made.range, made.other_key).returncode == 1
    assert verify(made.range, "no key").returncode == 2
    assert verify(made.range, made.key, place="nowhere").returncode == 3


def test_a_checkpoint_that_was_kept_elsewhere_is_compared(made: Made) -> None:
    done = verify(made.range, made.key, "--witness", made.witness)
    assert done.returncode == 0
    assert "checkpoints that were kept elsewhere say the same" in done.stdout


def test_two_histories_under_one_key_show_when_somebody_kept_a_checkpoint(made: Made, tmp_path: Path) -> None:
    """Whoever has the key can write another log; that there are two is all that can be seen, and it is."""
    size, origin = told((made.range / "checkpoint").read_text("utf-8")).size, made.log.log.origin
    key = Ed25519PrivateKey.from_private_bytes(made.log.keys.secret(SECRET))
    (tmp_path / "kept").write_text(sign(Checkpoint(origin, size, b"1" * 32).text(), origin, key), "utf-8")
    done = verify(made.range, made.key, "--witness", tmp_path / "kept")
    assert done.returncode == 1
    assert "WRONG      witness" in done.stdout


Change = Callable[[Path, random.Random], None]
LINES = ("records.jsonl", "bodies.jsonl", "consistency.jsonl")
NAMED = {
    "records.jsonl": {"form", "proof", "record", "count"},
    "bodies.jsonl": {"form", "body", "count"},
    "consistency.jsonl": {"form", "consistency", "count"},
    "checkpoint": {"form", "checkpoint"},
    "log.json": {"form", "checkpoint", "count", "record"},
    "key": {"form", "key"},
}


def changes() -> list[tuple[str, set[str], Change]]:
    """What is done to which file, and the names it may get."""
    found: list[tuple[str, set[str], Change]] = []
    for name, kinds in NAMED.items():
        found += [(f"flip {name}", kinds, _flip(name))] * 4
        found += [(f"cut {name}", kinds, _cut(name)), (f"remove {name}", {"missing"}, _remove(name))]
    for name in LINES:
        for what, change in (("drop", _drop), ("double", _double), ("swap", _swap), ("swap a field of", _swap_field)):
            found.append((f"{what} {name}", NAMED[name], change(name)))
    return found


def _flip(name: str) -> Change:
    def change(folder: Path, chance: random.Random) -> None:
        raw = bytearray((folder / name).read_bytes())
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        (folder / name).write_bytes(raw)

    return change


def _cut(name: str) -> Change:
    def change(folder: Path, chance: random.Random) -> None:
        raw = (folder / name).read_bytes()
        (folder / name).write_bytes(raw[: chance.randrange(len(raw))])

    return change


def _remove(name: str) -> Change:
    return lambda folder, _chance: (folder / name).unlink()


def _edited(name: str, edit: Callable[[list[str], random.Random], None]) -> Change:
    def change(folder: Path, chance: random.Random) -> None:
        lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
        edit(lines, chance)
        (folder / name).write_text("".join(lines), "utf-8")

    return change


def _drop(name: str) -> Change:
    return _edited(name, lambda lines, chance: lines.__delitem__(chance.randrange(len(lines))))


def _double(name: str) -> Change:
    return _edited(name, lambda lines, chance: lines.insert(chance.randrange(len(lines)), chance.choice(lines)))


def _swap(name: str) -> Change:
    def edit(lines: list[str], chance: random.Random) -> None:
        one, other = chance.sample(range(len(lines)), 2)
        lines[one], lines[other] = lines[other], lines[one]

    return _edited(name, edit)


def _swap_field(name: str) -> Change:
    """A proof, a leaf or a text of another line: each by itself is as it should be."""

    def edit(lines: list[str], chance: random.Random) -> None:
        from corpus.proofs.files import line_of

        one, other = chance.sample(range(len(lines)), 2)
        values = [json.loads(lines[at]) for at in (one, other)]
        field = chance.choice([each for each in sorted(values[0]) if values[0][each] != values[1][each]])
        values[0][field], values[1][field] = values[1][field], values[0][field]
        lines[one], lines[other] = map(line_of, values)

    return _edited(name, edit)


DRIVER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from corpus.proofs.exported import verify_export
from corpus.proofs.note import Verifier
for line in sys.stdin:
    found = verify_export(Path(line.strip()), Verifier.parse(sys.argv[2])).faults
    print(",".join(sorted({kind for kind, _ in found})), flush=True)
"""


def test_whatever_is_changed_in_an_export_is_found_and_named(made: Made, whole: bool, tmp_path: Path) -> None:
    chance = random.Random(41)  # noqa: S311 - the same changes each time
    chosen, wrong = changes(), []
    command = [sys.executable, "-I", "-c", DRIVER, str(made.range), made.key]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clean:
        assert clean.stdin is not None
        assert clean.stdout is not None
        for number in range(2_000 if whole else 200):
            what, named, change = chosen[number % len(chosen)]
            folder = tmp_path / "changed"
            shutil.copytree(made.range, folder, ignore=shutil.ignore_patterns("corpus"))
            before = {file.name: file.read_bytes() for file in folder.iterdir()}
            change(folder, chance)
            same = before == {file.name: file.read_bytes() for file in folder.iterdir()}
            clean.stdin.write(f"{folder}\n")
            clean.stdin.flush()
            kinds = set(clean.stdout.readline().strip().split(",")) - {""}
            if bool(kinds & named) == same:
                wrong.append(f"{what}: {sorted(kinds) or 'nothing'}")
            shutil.rmtree(folder)
        clean.stdin.close()
    assert not wrong


def test_the_readme_of_an_export_and_the_guide_name_every_kind_of_fault(made: Made) -> None:
    readme = (made.range / "README.txt").read_text("utf-8")
    guide = (ROOT / "docs" / "guide.md").read_text("utf-8")
    for kind, meaning in KINDS.items():
        assert f"    {kind:<12} {meaning}\n" in readme
        assert f"| `{kind}` | {meaning} |" in guide

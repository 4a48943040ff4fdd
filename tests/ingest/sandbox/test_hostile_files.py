from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tests.ingest.sandbox import hostile
from tests.ingest.sandbox.apart import PARENT_BYTES, ingested

GUIDE = b"# Lumetra guide\n\n## Storage\n\nDo not freeze Lumetra.\n"


def test_hostile_files_are_stopped_and_named_and_the_batch_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "deep" / "er"
    folder.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as listening:  # files refer to it: nobody may call
        made = {each.name: each for each in hostile.files(listening.getsockname()[1])}
        for each in made.values():
            (folder / each.name).write_bytes(each.content)
        (folder / "zz_guide.md").write_bytes(GUIDE)
        rows, peak = ingested(sorted(folder.iterdir()), tmp_path / "home")
        listening.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listening.accept()
    became = {row.file.name: row for row in rows}
    assert became.keys() == {*made, "zz_guide.md"}
    assert became["zz_guide.md"].state == "staged"
    for row in rows:
        row.check()
        reason = made[row.file.name].reason if row.file.name in made else ""
        if reason:
            assert (row.state, bool(re.search(reason, row.reason))) == ("quarantined", True), row
    assert peak < PARENT_BYTES
    assert not list(tmp_path.rglob(f"{hostile.SLIPPED}*"))
    assert not list(tmp_path.rglob("*.part"))

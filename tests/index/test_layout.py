from __future__ import annotations

from pathlib import Path

from index.layout import EditionFiles, Home
from tests.index.small import ROOT


def paths(of: Home | EditionFiles) -> list[Path]:
    return [getattr(of, name) for name, kind in vars(type(of)).items() if isinstance(kind, property)]


def test_every_path_is_its_own_and_below_the_root() -> None:
    for of in (Home(Path("/data")), EditionFiles(Path("/data"))):
        assert len(set(paths(of))) == len(paths(of)) > 4
        assert all(path.is_relative_to("/data") and path != Path("/data") for path in paths(of))


def test_an_edition_is_found_by_its_id_with_and_without_its_prefix() -> None:
    home = Home(Path("/data"))
    assert home.edition("sha256:abc") == home.edition("abc") == Path("/data/editions/abc")


def test_no_other_module_of_the_index_knows_the_name_of_a_path() -> None:
    names = {
        path.name for path in [*paths(Home(ROOT)), *paths(EditionFiles(ROOT))] if path.suffix or path.name.isupper()
    }
    assert {"CURRENT", "manifest.json", "signpost.db"} <= names
    for module in (ROOT / "index").glob("*.py"):
        if module.name != "layout.py":
            assert [name for name in names if f'"{name}"' in module.read_text(encoding="utf-8")] == [], module

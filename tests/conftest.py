"""Homes that many tests share, built once a run by the real command line."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from corpus.database import Database, open_database
from index.layout import Home
from tests.clusters import Cluster, lacking, running
from tests.homes import copied, copied_tree
from tests.labels import write_labels

# How long an example takes is the machine's matter; time is measured in benchmarks.
hypothesis.settings.register_profile("signpost", deadline=None)
hypothesis.settings.load_profile("signpost")

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "corpus" / "sample"
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass(frozen=True, slots=True)
class Hosted:
    """A home whose database is on PostgreSQL."""

    home: Home
    url: str


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--acceptance`: whole sizes, and results kept in docs/measurements."""
    parser.addoption("--acceptance", action="store_true", help="whole sizes; writes docs/measurements")


@pytest.fixture(scope="session")
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether this run measures whole sizes and keeps its results."""
    return bool(request.config.getoption("--acceptance"))


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The public reference data; a test that needs it says so, and under CI=true must find it."""
    folder = Path(os.environ.get("SIGNPOST_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"needs the public reference data: set SIGNPOST_TEST_DATA ({folder} is not there)"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Runs `signpost ARGUMENTS` as its users do: another process, its exit code and both outputs."""

    def run(*arguments: object, timeout: float = 600, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "signpost", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            cwd=ROOT,
            env={**os.environ, **environment},
        )

    return run


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """The compiled encoder and the routing model, for all homes; made again when the code that makes them changes.

    Kept from run to run, as they take two minutes; a run that needs them while another makes them waits.
    """
    from chatbot.policy import load_policy
    from index.compile import compiled_encoder
    from index.fit import fitted_linear

    made_by = b"".join((ROOT / "index" / name).read_bytes() for name in ("compile.py", "graph.py"))
    code = hashlib.sha256(made_by).hexdigest()[:16]
    kept = pytestconfig.cache.mkdir(f"encoders-{code}")
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fitted_linear(kept, compiled_encoder(kept), load_policy().read_examples(), workers=2)
    folder = tmp_path_factory.mktemp("encoders") / "encoders"
    shutil.copytree(kept, folder, ignore=shutil.ignore_patterns("lock"))
    return folder


@pytest.fixture(scope="session")
def new_home(encoders: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Home]:
    """Makes an empty home that has the compiled encoder and the routing model already."""

    def make() -> Home:
        home = Home(tmp_path_factory.mktemp("home"))
        copied_tree(encoders, home.encoders)
        return home

    return make


@pytest.fixture(scope="session")
def sample(new_home: Callable[[], Home], cli: Cli) -> Home:
    """The sample corpus as `make demo` publishes it. Shared: a test that changes it takes `sample_copy`."""
    home = new_home()
    done = cli(
        *("ingest", SAMPLE / "documents", "--catalogue", SAMPLE / "catalogue.csv"),
        *("--products", SAMPLE / "products.toml", "--publish", "--json", "--home", home.root),
    )
    assert done.returncode == 0, done.stderr
    done = cli("withdraw", "HP-QUO-011", "--reason", "the starter kit is discontinued", "--home", home.root)
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def sample_copy(sample: Home, tmp_path: Path) -> Home:
    """The published sample corpus, for this test alone."""
    return copied(sample, tmp_path / "home")


@pytest.fixture(scope="session")
def small(new_home: Callable[[], Home], cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The six documents of tests/labels.py, published. Shared: a test that changes it takes `small_copy`."""
    home, folder = new_home(), tmp_path_factory.mktemp("labels")
    write_labels(folder)
    products = ("--products", SAMPLE / "products.toml")
    done = cli("ingest", folder, *products, "--publish", "--json", "--home", home.root)
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def small_copy(small: Home, tmp_path: Path) -> Home:
    """The published six documents, for this test alone."""
    return copied(small, tmp_path / "small")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of this run; without its binaries these tests can't run, and under CI=true must."""
    if message := lacking():
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with running() as started:
        yield started


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """The name of a database that has our tables and no row of ours, to be copied."""
    url = cluster.new()
    open_database(url).close()
    return url.rpartition("/")[2]


@pytest.fixture
def server_url(cluster: Cluster, template: str) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL."""
    url = cluster.new(template)
    yield url
    cluster.drop(url)


@pytest.fixture(scope="session")
def hosted(
    cluster: Cluster, new_home: Callable[[], Home], cli: Cli, tmp_path_factory: pytest.TempPathFactory
) -> Hosted:
    """The six documents of tests/labels.py, published with a database on PostgreSQL; to be copied."""
    given, folder = Hosted(new_home(), cluster.new()), tmp_path_factory.mktemp("labels")
    write_labels(folder)
    products = ("--products", SAMPLE / "products.toml")
    options = ("--publish", "--json", "--home", given.home.root, "--database", given.url)
    done = cli("ingest", folder, *products, *options)
    assert done.returncode == 0, done.stderr
    return given


@pytest.fixture
def hosted_copy(hosted: Hosted, cluster: Cluster, tmp_path: Path) -> Iterator[Hosted]:
    """That home and that database, for this test alone."""
    url = cluster.new(hosted.url.rpartition("/")[2])
    home = copied(hosted.home, tmp_path / "hosted")
    home.server.write_text(Database(url).place, encoding="utf-8")  # the copy has a database of its own
    yield Hosted(home, url)
    cluster.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, once on each."""
    url = request.getfixturevalue("server_url") if request.param == "postgresql" else None
    opened = open_database(url or tmp_path / "signpost.db")
    yield opened
    opened.close()


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

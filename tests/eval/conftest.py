"""The sample, asked once for all suites over replies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chatbot.assistant import Assistant
from corpus.database import open_database
from eval.replies import ask_all, asking
from eval.sets import read_questions
from index.layout import Home
from tests.builders import GB
from tests.conftest import ROOT
from tests.eval.answered import Answered, silent
from tests.homes import copied


@pytest.fixture(scope="session")
def answered(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answered]:
    """The sample's questions and replies as of now, over a home of their own."""
    home = copied(sample, tmp_path_factory.mktemp("answered") / "home")
    database = open_database(home.database)
    assistant = Assistant(home, database, trial=False)
    questions = read_questions(ROOT / "eval" / "questions" / "sample.jsonl")
    instant = datetime.now(UTC)
    yield Answered(assistant, questions, ask_all(asking(assistant), questions, GB, instant, silent), GB, instant)
    database.close()

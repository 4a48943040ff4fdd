"""The Policy: one digest for everything that shapes replies."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT


def digest_in_a_process(seed: str) -> str:
    program = "from chatbot.policy import load_policy; print(load_policy().sha256)"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_digest_is_the_same_in_every_process(seed: str) -> None:
    assert digest_in_a_process(seed) == digest_in_a_process("3")

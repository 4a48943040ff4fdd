"""What is said while work goes on."""

from __future__ import annotations

import pytest

from signpost.terminal import PACE_SECONDS, Pace, duration, lines, progress


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now

    def at(self, seconds: float) -> None:
        self.now = 100.0 + seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_line_says_how_much_is_done_how_fast_and_how_long_the_rest_takes(clock: Clock) -> None:
    pace = Pace(clock)
    for second in range(11):
        clock.at(second)
        pace.saw(second * 20)
    assert pace.line("encoding", "passages", 200, 6200) == (
        "encoding: 200 of 6,200 passages, 20.0 a second, 5 min 0 s left"
    )


def test_what_was_cached_and_went_by_at_once_is_soon_no_part_of_the_rate(clock: Clock) -> None:
    pace = Pace(clock)
    pace.saw(0)
    clock.at(0.1)
    pace.saw(5000)
    for second in range(1, 2 * PACE_SECONDS):
        clock.at(second)
        pace.saw(5000 + 10 * second)
    assert pace.rate == pytest.approx(10.0)


def test_the_last_line_says_how_long_it_took(clock: Clock) -> None:
    pace = Pace(clock)
    pace.saw(0)
    clock.at(14)
    pace.saw(28)
    assert pace.line("reading", "files", 28, 28) == "reading: 28 of 28 files in 14.0 s, 2.0 a second"


def test_nothing_is_said_of_a_rate_that_isnt_known_yet(clock: Clock) -> None:
    pace = Pace(clock)
    pace.saw(0)
    assert pace.line("reading", "files", 0, 28) == "reading: 0 of 28 files"
    clock.at(60)
    pace.saw(0)
    assert pace.line("reading", "files", 0, 28) == "reading: 0 of 28 files"


def test_what_isnt_a_terminal_gets_lines_now_and_then(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    tell = lines("reading", "files", clock)
    for second in range(13):
        clock.at(second)
        tell(second, 12)
    assert capsys.readouterr().err.splitlines() == [
        "reading: 6 of 12 files, 1.0 a second, 6.0 s left",
        "reading: 12 of 12 files in 12.0 s, 1.0 a second",
    ]


def test_with_json_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("reading", quiet=True, unit="files") as tell:
        tell(1, 1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (59.94, "59.9 s"), (200, "3 min 20 s"), (7500.4, "2 h 5 min")]
)
def test_a_duration_is_said_in_two_units_at_most(seconds: float, said: str) -> None:
    assert duration(seconds) == said

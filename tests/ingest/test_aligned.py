from __future__ import annotations

from ingest.blocks import blocks_of
from ingest.lines import Line
from tests.ingest.test_pdf_tables import shown
from tests.ingest.typeset import line, typeset


def test_cells_below_each_other_are_one_column() -> None:
    assert shown(blocks_of(typeset("Rare:\theadache", "Uncommon:\tcough", "Very rare:\tanuria"))) == [
        ("row", "0:Rare:", "1:headache"),
        ("row", "0:Uncommon:", "1:cough"),
        ("row", "0:Very rare:", "1:anuria"),
    ]


def test_a_row_without_a_cell_keeps_the_columns_of_the_others() -> None:
    rows = [line("Adults"), line("10 mg", left=200), line("40 mg", left=300)]
    rows += [line("Elderly", top=312), line("20 mg", top=312, left=300)]
    assert shown(blocks_of(rows))[1] == ("row", "0:Elderly", "2:20 mg")


def hanging(*texts: str) -> list[Line]:
    return [line(text, top=312 + 12 * number, left=135) for number, text in enumerate(texts)]


def test_a_cell_goes_on_below_its_beginning_and_at_the_margin() -> None:
    first = typeset("Rare:\theadache, cough,")  # the second cell begins at 125
    below = [line("Anuria and", top=312, left=125), line("pain", top=324)]
    assert shown(blocks_of([*first, *below])) == [("row", "0:Rare:", "1:headache, cough, Anuria and pain")]


def test_a_label_that_fills_its_column_is_a_cell_beside_the_rows() -> None:
    """ "Very common:" leaves no wide gap before what it is the frequency of."""
    label = line("Very common: Hyperkalaemia, more often with diabetes, seen in a third", left=60)
    rows = [label, line("of the patients.", top=312, left=125), *typeset("Rare:\theadache", top=324)]
    rows[-1] = line("Rare:\theadache", top=324)
    assert shown(blocks_of(rows)) == [
        (
            "row",
            "0:Very common:",
            "1:Hyperkalaemia, more often with diabetes, seen in a third of the patients.",
        ),
        ("row", "0:Rare:", "1:headache"),
    ]


def test_a_line_of_justified_text_with_wide_gaps_is_no_row() -> None:
    even = line("Velmarin is swallowed whole with a glass of water once a day")
    boxes = list(even.boxes)
    text = "Velmarin is swallowed whole with some water every day at noon"[: len(even.text)]
    stretched = [(b[0], b[1] + 240, b[2], b[3] + 240) if b[2] else b for b in boxes]
    gap = text.index("water")
    drawn = tuple(
        (0, 0, 0, 0) if char == " " or gap - 4 <= index < gap else box
        for index, (char, box) in enumerate(zip(text, stretched, strict=True))
    )
    kept = [(char, box) for char, box in zip(text, drawn, strict=True) if box[2] or char == " "]
    wide = Line("".join(char for char, _ in kept), 1, tuple(box for _, box in kept), "plain")
    assert [kind for kind, *_ in shown(blocks_of([even, wide]))] == ["paragraph"]

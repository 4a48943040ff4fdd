"""Tables of real labels: values read by eye off the rendered pages, found again by row, column and group."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from corpus.model import Block, Cell, Document, Source
from ingest.blocks import blocks_of
from ingest.canonical import canonical
from ingest.furniture import without_furniture
from ingest.pdf import read_pdf

pytestmark = pytest.mark.reference

# page | group of rows, where there is one | row | words of the column's headers | value
BIKTARVY = """
7 | Antimycobacterials | Rifampicin | Effects | AUC: ↓ 75%
7 | Antimycobacterials | Rifabutin | Effects | AUC: ↓ 38%
7 | Antimycobacterials | Rifabutin | Recommendation | not recommended
8 | HIV-1 antiviral agents | Atazanavir (300 mg | Effects | AUC: ↑ 306%
8 | HIV-1 antiviral agents | Atazanavir (400 mg | Effects | AUC: ↑ 315%
8 | HIV-1 antiviral agents | Atazanavir (400 mg | Recommendation | not recommended
10 | ANTICONVULSANTS | Carbamazepine | Effects | AUC: ↓ 54%
10 | ANTACIDS | Magnesium | Effects | AUC: ↓ 52%
10 | ANTACIDS | Ferrous fumarate | Effects | AUC: ↓ 63%
10 | ANTACIDS | Calcium carbonate | Effects | AUC: ↓ 33%
12 | SEDATIVES | Midazolam | Recommendation | No dose adjustment
13 | Blood and lymphatic | Uncommon | Adverse reaction | anaemia
13 | Psychiatric | Common | Adverse reaction | abnormal dreams
13 | Psychiatric | Uncommon | Adverse reaction | sleep disorders
13 | Nervous system | Common | Adverse reaction | dizziness
13 | Gastrointestinal | Common | Adverse reaction | nausea
13 | Gastrointestinal | Uncommon | Adverse reaction | flatulence
13 | Hepatobiliary | Uncommon | Adverse reaction | hyperbilirubinaemia
13 | Skin | Uncommon | Adverse reaction | pruritus
13 | Skin | Rare | Adverse reaction | Stevens-Johnson syndrome
13 | Musculoskeletal | Uncommon | Adverse reaction | arthralgia
13 | General disorders | Common | Adverse reaction | fatigue
18 | | HIV-1 RNA < 50 | Week 48, B/F/TAF (n = 634) | 91%
18 | | HIV-1 RNA < 50 | Week 144, ABC/DTG/ | 84%
18 | | Treatment difference | Week 48, DTG + | -1.9% (-5.6% to 1.8%)
18 | | Treatment difference | Week 144, ABC/DTG/ | -2.7% (-7.8% to 2.4%)
18 | | HIV-1 RNA ≥ 50 | Week 48, DTG + | 1%
18 | | No virologic data | Week 144, B/F/TAF (n = 634) | 16%
18 | | Discontinued study drug due to AE | Week 48, B/F/TAF (n = 634) | <1%
18 | | Discontinued study drug due to other | Week 144, ABC/DTG/ | 11%
18 | | Missing data | Week 48, ABC/DTG/ | <1%
18 | | By baseline viral load | Week 144, DTG + | 84% 83%
20 | | HIV-1 RNA < 50 | 380-1844, B/F/TAF | 94%
20 | | HIV-1 RNA < 50 | 380-1878, Baseline ATV | 89%
20 | | Treatment difference | 380-1844, B/F/TAF | -1.4% (-5.5% to 2.6%)
20 | | Treatment difference | 380-1878, Baseline ATV | 3.2% (-1.6% to 8.2%)
20 | | HIV-1 RNA ≥ 50 | 380-1844, ABC/DTG/3TC | < 1%
20 | | No virologic data | 380-1878, Baseline ATV | 9%
20 | | Discontinued study drug due to AE | 380-1844, B/F/TAF | 2%
20 | | Discontinued study drug due to other | 380-1878, Baseline ATV | 7%
20 | | Discontinued study drug due to other | 380-1844, ABC/DTG/3TC | 3%
20 | | Missing data | 380-1878, B/F/TAF | 2%
24 | BIC | AUC | Adults | 94 227.1 (34.7)
24 | BIC | Cmax | Adolescents | 8 087.1 (29.9)
24 | BIC | Ctau | 25 kg, (30 mg/120 mg/15 mg) | 1 924.5 (78.3)
24 | FTC | AUC | Children aged 6 | 17 565.1 (36.9)
24 | FTC | Cmax | Adolescents | 2 689.2 (34.0)
24 | FTC | Ctau | Children aged 6 | 226.7 (322.8)
24 | TAF | AUC | Adolescents | 347.9 (113.2)
24 | TAF | Cmax | n = 12 | 413.8 (31.0)
24 | TAF | Ctau | Adults, n = 77 | N/A
24 | TFV | AUC | (50 mg/200 mg/25 mg), n = 24 | 333.5 (31.5)
"""
REMSIMA = """
16 | Infections | Very common | | herpes virus
16 | Infections | Uncommon | | Tuberculosis
16 | Infections | Rare | | hepatitis B reactivation
16 | Neoplasms | Not known | | Merkel cell
16 | Immune system | Common | | Allergic respiratory
16 | Metabolism | Uncommon | | Dyslipidaemia
16 | Psychiatric | Rare | | Apathy
16 | Nervous system | Very common | | Headache
16 | Eye | Rare | | Endophthalmitis
17 | Hepatobiliary | Not known | | Liver failure
17 | Renal | Uncommon | | Pyelonephritis
21 | | Rheumatoid | Number of patients, infliximab | 1,087
21 | | Rheumatoid | 5 x ULN, placebo | 0.8%
21 | | Crohn | Median follow-up, placebo | 53.7
21 | | Paediatric Crohn | 3 x ULN, infliximab | 4.4%
21 | | Ulcerative | Number of patients, placebo | 242
21 | | Paediatric Ulcerative | Median follow-up, infliximab | 49.4
21 | | Ankylosing | Median follow-up, infliximab | 101.9
21 | | Ankylosing | 5 x ULN, infliximab | 3.6%
21 | | Psoriatic | Number of patients, placebo | 98
21 | | Plaque | 3 x ULN, placebo | 0.4%
25 | | Patients with ACR20 | Control | 15/88 (17%)
25 | | Patients with ACR20 | Infliximab, 10 mg/kg q 8 | 51/87 (59%)
25 | Total score | Change from baseline | Control | 7.0 ± 10.3
25 | Total score | Change from baseline | 10 mg/kg q 4 | -0.7 ± 3.8
25 | Total score | Median | 3 mg/kg q 4 | 0.1 (-2.5,3.0)
25 | | Patients with no | 3 mg/kg q 8 | 34/71 (48%)
25 | | Patients with no | 10 mg/kg q 4 | 44/66 (67%)
25 | | Patients with no | Infliximab, All | 150/285 (53%)
25 | | HAQ change | 3 mg/kg q 4 | 85
25 | | Mean ± SD | 10 mg/kg q 8 | 0.5 ± 0.5
26 | | Subjects randomised | Placebo | 282
26 | | Subjects randomised | MTX, Combined | 722
26 | Percentage ACR | Mean ± SD | Placebo | 24.8 ± 59.7
26 | Percentage ACR | Mean ± SD | MTX, 6 mg/kg | 42.0 ± 47.3
26 | Change from baseline | Mean ± SD | MTX, 3 mg/kg | 0.42 ± 5.82
26 | Change from baseline | Mean ± SD | MTX, Combined | 0.46 ± 5.68
26 | Change from baseline | Median | Placebo | 0.43
26 | Change from baseline | Median | MTX, 6 mg/kg | 0.00
26 | Improvement | Mean ± SD | Placebo | 0.68 ± 0.63
26 | Improvement | Mean ± SD | MTX, 6 mg/kg | 0.88 ± 0.65
27 | | Median time | Placebo | 19 weeks
27 | | Median time | 10 mg/kg | >54 weeks (<0.001)
27 | Week 30 | Clinical Response | Placebo | 27.3
27 | Week 30 | Clinical Response | 5 mg/kg | 51.3 (<0.001)
27 | Week 30 | Clinical Remission | 10 mg/kg | 45.5 (<0.001)
27 | Week 30 | Steroid-Free | Placebo | 10.7 (6/56)
27 | Week 54 | Clinical Response | Placebo | 15.5
27 | Week 54 | Clinical Remission | 5 mg/kg | 28.3 (0.007)
27 | Week 54 | Sustained | 5 mg/kg | 17.9 (10/56) (0.075)
27 | Week 54 | Sustained | 10 mg/kg | 28.6 (16/56) (0.002)
28 | Week 26 | All randomised | AZA Monotherapy | 30.0% (51/170)
28 | Week 26 | All randomised | Infliximab Monotherapy | 44.4% (75/169)
28 | Week 26 | All randomised | Combination | 56.8% (96/169)
29 | | Median time | Placebo | 14 weeks
29 | | Median time | 5 mg/kg | >40 weeks
29 | | Median time | p-value | <0.001
29 | Week 54 | Fistula Response | Placebo | 23.5
29 | Week 54 | Fistula Response | 5 mg/kg | 46.2
29 | Week 54 | Fistula Response | p-value | 0.001
29 | Week 54 | Complete fistula | Placebo | 19.4
29 | Week 54 | Complete fistula | 5 mg/kg | 36.3
29 | Week 54 | Complete fistula | p-value | 0.009
"""
KARVEA = """
7 | Blood and lymphatic | Not known | | thrombocytopenia
7 | Immune system | Not known | | anaphylactic shock
7 | Nervous system | Common | | orthostatic dizziness
7 | Nervous system | Not known | | vertigo
7 | Cardiac | Uncommon | | tachycardia
7 | Vascular | Common | | orthostatic hypotension
7 | Vascular | Uncommon | | flushing
7 | Gastrointestinal | Uncommon | | dyspepsia/heartburn
7 | Gastrointestinal | Not known | | dysgeusia
7 | Hepatobiliary | Uncommon | | jaundice
7 | Musculoskeletal | Not known | | muscle cramps
7 | Reproductive | Uncommon | | sexual dysfunction
8 | General disorders | Uncommon | | chest pain
8 | Investigations | Very common | | Hyperkalaemia
8 | Investigations | Common | | plasma creatine kinase
"""


def _rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(part.strip() for part in line.split("|")) for line in table.strip().splitlines()]


@pytest.fixture(scope="module")
def read(reference_data: Path) -> Callable[[str], Document]:
    """Reads the label whose file name begins so, once."""

    @cache
    def label(name: str) -> Document:
        (file,) = (reference_data / "product_information").glob(f"{name}*.pdf")
        pages = read_pdf(file.read_bytes())
        body, _ = without_furniture(pages.lines, pages.page_sizes)
        made = canonical(blocks_of(body, pages.rules, pages.outline), pages.page_sizes, "en")
        source = Source(file.name, "", "application/pdf")
        return Document(source, "pdfium", "", "en", (), made.text, made.pages, made.blocks)

    return label


def _found(document: Document, page: str, group: str, row: str, columns: str) -> list[str]:
    """The cells of the rows that begin with ``row``: those under all of ``columns``, or the last ones."""
    found = []
    header: Block | None = None
    for block in document.blocks:
        if block.kind == "heading" and block.cells:
            header = block
        if block.kind != "row" or not block.cells or document.page_at(block.start) != int(page):
            continue
        named = document.text[block.start : block.end].startswith(row)
        if named and (not group or any(name.startswith(group) for name in block.path)):
            cell = _under(document, header, columns.split(", "), block.cells) if columns else block.cells[-1]
            found.append(document.text[cell.start : cell.end])
    return found


def _under(document: Document, header: Block | None, columns: list[str], cells: tuple[Cell, ...]) -> Cell:
    assert header is not None
    covered = [
        {
            column
            for cell in header.cells
            if words in document.text[cell.start : cell.end]
            for column in range(cell.column, cell.column + cell.columns)
        }
        for words in columns
    ]
    (column,) = set.intersection(*covered)
    (cell,) = (cell for cell in cells if cell.column <= column < cell.column + cell.columns)
    return cell


@pytest.mark.parametrize(
    ("label", "place"),
    [
        *(("biktarvy", row) for row in _rows(BIKTARVY)),
        *(("remsima", row) for row in _rows(REMSIMA)),
        *(("karvea-epar-product-information_en", row) for row in _rows(KARVEA)),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:4]),
)
def test_a_value_stands_in_its_row_and_column(
    read: Callable[[str], Document], label: str, place: tuple[str, ...]
) -> None:
    page, group, row, columns, value = place
    first, *_ = _found(read(label), page, group, row, columns) or [""]
    assert value in first
    assert len(first) < len(value) + 20 or not value[-1].isdigit()


def test_a_repeated_header_is_no_row_and_its_table_goes_on(read: Callable[[str], Document]) -> None:
    document = read("biktarvy")
    rows = [block for block in document.blocks if block.kind == "row" and block.cells]
    assert not [row for row in rows if document.text[row.start : row.end].startswith("Medicinal product by")]
    last = next(row for row in rows if document.text[row.start : row.end].startswith("Midazolam"))
    assert [name[:7] for name in last.path[-3:]] == ["Table 1", "Medicin", "SEDATIV"]


def test_a_note_under_a_table_stays_under_its_caption(read: Callable[[str], Document]) -> None:
    document = read("biktarvy")
    notes = [block for block in document.blocks if document.text[block.start : block.end].startswith("c n = 11")]
    assert notes
    assert notes[0].path[-1].startswith("Table 5")

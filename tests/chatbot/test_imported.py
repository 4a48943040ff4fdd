"""Lists of terms that a home brings along: what is kept, left out and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatbot.errors import Misconfigured
from chatbot.policy import load_policy
from chatbot.routing.imported import ListRead, in_force, kept_lists, lists_bytes, lists_from, read_list, with_names
from chatbot.routing.lexicon import Term, query_of
from chatbot.routing.names import Names, known_names
from chatbot.routing.rows import LANGUAGES
from corpus.errors import InvalidInput
from corpus.products import read_products

POLICY = load_policy()
NAMES = known_names(POLICY.lexicon, POLICY.medicines, ())
NONE = Names({}, frozenset())


@pytest.fixture(scope="module")
def sold() -> Names:
    """With the products of the sample: Velmarin and others."""
    table = Path(__file__).resolve().parents[2] / "corpus" / "sample" / "products.toml"
    return known_names(POLICY.lexicon, POLICY.medicines, read_products(table))


def own(folder: Path, *rows: str, name: str = "own.csv") -> Path:
    return written(folder, name, "phrase,meanings,kind", *rows)


def written(folder: Path, name: str, *rows: object) -> Path:
    file = folder / name
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def terms(reading: ListRead) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {term.phrase: (term.kind, term.means) for each in reading.lists for term in each.terms}


def test_an_abbreviation_of_several_things_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = [("CrCl", "creatinine clearance"), ("MS", "mitral stenosis"), ("MS", "multiple sclerosis")]
    rows += [("CRCL", "Creatinine clearance")]  # the same again
    file = written(tmp_path, "a.jsonl", *({"abbreviation": short, "expansion": long} for short, long in rows))
    read = read_list(file, "abbreviations", "en", NONE)
    assert terms(read) == {"crcl": ("abbreviation", ("creatinine clearance",))}
    assert read.left_out["of several meanings"] == 1


def test_brands_are_terms_of_their_substance_without_its_form(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "b.jsonl",
        {"generic": "Adalimumab Injection", "brands": ["Humira", "&lt;ref&gt;{{cite book"]},
        {"generic": "Zolpidem", "brands": ["Ambien", "Humira CR"]},
    )
    read = read_list(file, "brands", "en", NONE)
    assert terms(read) == {
        "humira": ("brand", ("Adalimumab",)),
        "ambien": ("brand", ("Zolpidem",)),
        "humira cr": ("brand", ("Zolpidem",)),
    }
    assert read.left_out["no name or term"] == 1


def test_synonyms_name_their_substance(tmp_path: Path) -> None:
    row = {"canonical": "abatacept", "variants": ["abatacept", "ctla4-ig"], "brands": ["Orencia"]}
    read = read_list(written(tmp_path, "s.jsonl", row), "synonyms", "en", NONE)
    assert terms(read) == {"ctla4-ig": ("brand", ("abatacept",)), "orencia": ("brand", ("abatacept",))}


def test_a_public_list_cannot_make_one_substance_mean_another(tmp_path: Path) -> None:
    rows = ({"generic": "Cefoxitin", "brands": ["Cefotaxime"]}, {"generic": "Cefotaxime", "brands": ["Claforan"]})
    read = read_list(written(tmp_path, "b.jsonl", *rows), "brands", "en", NONE)
    assert terms(read) == {"claforan": ("brand", ("Cefotaxime",))}
    assert read.left_out["would exchange two names"] == 1


def test_a_customers_own_terms_come_as_csv_or_toml(tmp_path: Path) -> None:
    as_csv = written(
        tmp_path, "own.csv", "phrase,meanings,kind,language", "hep B,hepatitis B;HBV,abbreviation,", "fi,x,lay,de"
    )
    as_toml = written(tmp_path, "own.toml", '[en.lay]\n"pins and needles" = ["paraesthesia"]')
    read = read_list(as_csv, "csv", "en", NONE)
    assert terms(read) == {"hep b": ("abbreviation", ("hepatitis B", "HBV")), "fi": ("lay", ("x",))}
    assert [each.language for each in read.lists] == ["de", "en"]
    assert terms(read_list(as_toml, "toml", "en", NONE)) == {"pins and needles": ("lay", ("paraesthesia",))}


@pytest.mark.parametrize(
    ("form", "rows", "said"),
    [
        ("abbreviations", ['{"abbreviation": "BP"}'], "line 1: no text 'expansion'"),
        ("abbreviations", ['{"abbreviation": "BP", "expansion": "x"}', "not JSON"], "line 2: "),
        ("abbreviations", ["[]"], "line 1: no JSON object"),
        ("abbreviations", [], "no terms; write JSON lines"),
        ("brands", ['{"generic": "x", "brands": "y"}'], "'brands' is no list of texts"),
        ("csv", ["phrase,kind", "a,lay"], "no column meanings"),
        ("csv", ["phrase,meanings,kind", "bp,blood pressure,word"], "line 2: the kind 'word' is none of abbreviation"),
        ("csv", ["phrase,meanings,kind", "bp, ; ,lay"], "'bp' has no meaning"),
        ("csv", ["phrase,meanings,kind", f"{'x' * 61},y,lay"], "1 to 60 characters"),
        ("csv", ["phrase,meanings,kind", "humira,enbrel,lay"], "names of medicines are never exchanged"),
        ("csv", ["phrase,meanings,kind", "humira,enbrel,brand"], "names of medicines are never exchanged"),
        ("csv", ["phrase,meanings,kind", "lidex,videx,lay"], "names of medicines are never exchanged"),
        ("toml", ["[en.lay]", '"bp" = "blood pressure"'], "'bp' has no meaning"),
        ("toml", ['hives = ["urticaria"]'], "hives: stands in no table"),
        ("toml", ["[en]", 'hives = ["urticaria"]'], "[en] hives: stands in no table"),
        ("toml", [f"a = {'[' * 9_000}"], "not readable as 'toml'"),
        ("toml", [f"a = {'1' * 5_000}"], "not readable as 'toml'"),
        ("brands", ["[" * 100_000], "line 1: "),
        ("brands", ["", f'{{"generic": {"1" * 5_000}}}'], "line 2: "),
        ("csv", ["phrase,meanings,kind", "bp,x,lay", "bp,y,lay"], "line 3: 'bp' has another meaning or kind"),
        ("abbreviations", [f'{{"abbreviation": "MS", "expansion": "{c}x"}}' for c in "ab"], "nothing is left to keep"),
        ("csv", ["phrase,meanings,kind", f"bp,{'x' * 201},lay"], "line 2: a meaning has at most 200 characters"),
        (
            "csv",
            ["phrase,meanings,kind,language", "bp,x,lay,english"],
            "line 2: no language 'english'; write one of da",
        ),
        ("toml", ["[xx.lay]", 'bp = ["x"]'], "[xx.lay] bp: no language 'xx'"),
        ("toml", ["no toml"], "not readable as 'toml'"),
    ],
)
def test_a_wrong_row_is_named_with_the_way_out(tmp_path: Path, form: str, rows: list[str], said: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read_list(written(tmp_path, "list", *rows), form, "en", NAMES)
    assert said in str(error.value)
    assert str(tmp_path / "list") in str(error.value)


def test_what_is_imported_is_part_of_the_policy_and_of_its_digest(tmp_path: Path) -> None:
    """The customer's own word goes before this release's, and that before a public list."""
    customers = own(tmp_path, "bp,back pain,abbreviation")
    public = written(
        tmp_path,
        "public.jsonl",
        {"abbreviation": "HF", "expansion": "hydrogen fluoride"},
        {"abbreviation": "AS", "expansion": "aortic stenosis"},
        {"abbreviation": "zzq", "expansion": "something"},
    )
    lists = [*read_list(customers, "csv", "en", NONE).lists, *read_list(public, "abbreviations", "en", NONE).lists]
    kept = lists_bytes(lists)
    assert lists_bytes(lists_from(kept)) == lists_bytes(reversed(lists)) == kept
    policy = load_policy(imported=kept)
    assert policy.sha256 != load_policy().sha256
    query = query_of("bp in hf as ZZQ", policy.lexicon["en"])
    assert query.meanings == ("back pain", "heart failure", "something")
    assert query_of("bp with AS", policy.lexicon["en"]).meanings == ("back pain", "aortic stenosis")


def test_the_public_lists_can_be_read(reference_data: Path) -> None:
    """Their forms are the ones described; nothing in them turns a look-alike into its other."""
    files = {
        "medical_abbreviations/abbreviations.jsonl": "abbreviations",
        "drug_names/medlineplus_brand_generic.jsonl": "brands",
        "drug_names/wikipedia_brand_generic.jsonl": "brands",
        "drug_names/drug_synonyms.jsonl": "synonyms",
    }
    pairs = (reference_data / "drug_names" / "lookalike_pairs_edit2.jsonl").read_text(encoding="utf-8").splitlines()
    apart = {frozenset((row["a"], row["b"])) for row in map(json.loads, pairs)}
    for name, form in files.items():
        read = read_list(reference_data / name, form, "en", NONE)
        assert len(read.lists[0].terms) > 1000
        exchanged = {frozenset((term.phrase, mean.casefold())) for term in read.lists[0].terms for mean in term.means}
        assert exchanged & apart <= {frozenset(("busulfex", "busulfan"))}  # a brand and its own substance


@pytest.mark.parametrize(
    "row",
    [
        "singulair,velmarin tablets,lay",
        "zebrova,velmarin,spelling",
        "zzfoo,velmarin dose,lay",
        "zzfoo,what VELMARINS do,lay",  # a search doesn't mind the ending
        "zzfoo,lodisartan dose,abbreviation",
        "humira dose,velmarin,lay",
        "humira dose,usual dose;lodisartan,lay",
        "phenprocoumon,warfarin,lay",
        "singulair,leukotriene,lay",  # would hide a known brand, so that another row gets through
        "singulair,leukotriene receptor antagonist,brand",
        "humira,etanercept,brand",
        "zzfoo,velmarin tablets,brand",
        "adalimumab,etanercept,brand",
        "adalimumab,Humira,lay",
    ],
)
def test_no_own_row_makes_a_search_look_for_another_medicine(tmp_path: Path, sold: Names, row: str) -> None:
    with pytest.raises(InvalidInput, match=r"own.csv: line 2: .* names of medicines are never exchanged; take the row"):
        read_list(own(tmp_path, row), "csv", "en", sold)


@pytest.mark.parametrize(
    "row",
    [
        "mtx,methotrexate,abbreviation",  # a name of the same substance
        "humira,adalimumab,brand",
        "zebrova,lodisartan,brand",
        "lodisartan,sartan,class",
        "nap,sleep,lay",
    ],
)
def test_a_name_of_the_same_substance_is_no_exchange(tmp_path: Path, sold: Names, row: str) -> None:
    assert terms(read_list(own(tmp_path, row), "csv", "en", sold))


def test_the_names_of_every_kept_list_are_known(tmp_path: Path) -> None:
    public = written(tmp_path, "b.jsonl", {"generic": "zebrovamol", "brands": ["Zebrova"]})
    kept = read_list(public, "brands", "en", NAMES).lists
    for row in ("wibble,zebrova tablets,lay", "wibble,zebrovamol,lay", "zebrova,ibuprofen,brand"):
        with pytest.raises(InvalidInput, match="never exchanged"):
            read_list(own(tmp_path, row), "csv", "en", with_names(NAMES, kept))


def test_what_this_release_explains_with_is_no_name_however_a_public_list_has_it(tmp_path: Path) -> None:
    public = written(tmp_path, "s.jsonl", {"canonical": "glucose", "variants": ["dextrose"], "brands": []})
    kept = read_list(public, "synonyms", "en", NAMES).lists
    assert terms(read_list(own(tmp_path, "sugar reading,glucose,lay"), "csv", "en", with_names(NAMES, kept)))


def test_a_public_list_cannot_mean_a_known_brand(tmp_path: Path, sold: Names) -> None:
    rows = [{"abbreviation": "VT", "expansion": "Velmarin tablets"}, {"abbreviation": "IFX", "expansion": "infliximab"}]
    read = read_list(written(tmp_path, "a.jsonl", *rows), "abbreviations", "en", sold)
    assert terms(read) == {"ifx": ("abbreviation", ("infliximab",))}
    assert read.left_out["would exchange two names"] == 1


def test_a_kept_term_that_a_new_product_made_a_name_is_not_used_and_named_once(
    tmp_path: Path, sold: Names, caplog: pytest.LogCaptureFixture
) -> None:
    kept = read_list(own(tmp_path, "zzfoo,velmarin dose,lay", "nap,sleep,lay"), "csv", "en", NAMES).lists
    assert in_force(kept, NAMES) == kept and not caplog.messages
    (left,) = in_force(kept, sold)
    assert left.terms == (Term("nap", ("sleep",), "lay"),)
    (said,) = caplog.messages
    assert "own.csv" in said and "'zzfoo'" in said


@pytest.mark.parametrize(
    "content",
    [b"{", b"\xff", b"1", b"[1]", b"[{}]", b"[" * 100_000, b'[{"name":1,"form":"csv","language":"en","terms":[]}]']
    + [
        b'[{"name":"a","form":"csv","language":"en","terms":%s}]' % terms
        for terms in (b"[[]]", b'[["a",[1],"lay",""]]')
    ],
)
def test_kept_terms_that_no_import_wrote_are_named_with_the_way_out(content: bytes) -> None:
    with pytest.raises(Misconfigured, match=r"^home/lexicon.json: .*delete the file, or run `signpost lexicon remove`"):
        lists_from(content, "home/lexicon.json")


def test_the_languages_are_those_of_the_index_and_of_this_release() -> None:
    from index import analysis

    assert frozenset(analysis._STEMMERS) | POLICY.lexicon.keys() == LANGUAGES


def test_an_empty_file_of_kept_terms_is_not_no_lists(tmp_path: Path) -> None:
    assert kept_lists(tmp_path / "lexicon.json") == ()
    (tmp_path / "lexicon.json").touch()
    with pytest.raises(Misconfigured, match="can't be read"):
        kept_lists(tmp_path / "lexicon.json")

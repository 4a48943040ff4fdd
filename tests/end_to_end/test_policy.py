"""`signpost preclearance` and `signpost policy`, as a reviewer and an operator use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from index.layout import Home
from tests.conftest import Cli

ASKS = '[policy]\nsignatures = ["medical", "legal"]\n'
FIGURES = {
    "verdict": "PASS",
    "provenance": {"Code": "signpost 0.1.0"},
    "gates": [
        {
            "suite": "routing",
            "dataset": "routing.jsonl",
            "metric": "emergency recall",
            "floor": 0.95,
            "applies": True,
            "passed": True,
        }
    ],
    "suites": [
        {
            "suite": "routing",
            "dataset": "routing.jsonl",
            "metrics": {"emergency recall": {"value": 0.987654, "low": 0.9, "high": None, "n": 21}},
        },
        {"suite": "labels", "dataset": "x", "metrics": {"answered": {"value": 1.0, "low": 1.0, "high": 1.0, "n": 3}}},
    ],
}


def test_a_reviewer_reads_signs_and_only_then_readers_are_served(small_copy: Home, cli: Cli, tmp_path: Path) -> None:
    at = ("--home", small_copy.root)
    small_copy.portal.write_text(ASKS, encoding="utf-8")
    key = tmp_path / "idp.pem"
    public = generate_private_key(65537, 2048).public_key()
    key.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    serve = ("serve", "--identity-key", key, "--issuer", "https://idp.example", "--host", "no.such.host.invalid")

    document = tmp_path / "policy.html"
    written = cli("preclearance", "--out", document, "--json", *at)
    digest = json.loads(written.stdout)["policy"]
    assert json.loads(written.stdout) == {"policy": digest, "file": str(document)}
    assert digest in document.read_text(encoding="utf-8")
    assert json.loads(cli("policy", "show", "--json", *at).stdout)["missing"] == ["medical", "legal"]

    refused = cli(*serve, *at)
    assert refused.returncode == 2
    (line,) = refused.stderr.strip().splitlines()
    assert f"the policy {digest} isn't signed for medical, legal" in line
    assert f"`signpost policy sign {digest} --as NAME --role medical`" in line

    for role in ("medical", "legal"):
        done = cli("policy", "sign", digest, "--as", f"Reader of {role}", "--role", role, "--json", *at)
        assert done.returncode == 0 and json.loads(done.stdout)["added"] is True
    served = cli(*serve, *at)
    assert "isn't signed" not in served.stderr
    assert "no.such.host.invalid:8000" in served.stderr  # it got as far as to listen, where we let it fail
    again = cli("policy", "sign", digest, "--as", "reader of LEGAL", "--role", "legal", *at)
    assert again.returncode == 0 and "already: nothing was added" in again.stdout
    kept = json.loads(cli("policy", "signatures", "--json", *at).stdout)
    assert [(row["policy"], row["role"], row["name"]) for row in kept["signatures"]] == [
        (digest, "medical", "Reader of medical"),
        (digest, "legal", "Reader of legal"),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sign", "sha256:" + "0" * 64, "--as", "A", "--role", "medical"), "is not the policy now, which is sha256:"),
        (("sign", "DIGEST", "--as", " ", "--role", "medical"), "nobody is named; say who approves with --as NAME"),
        (("sign", "DIGEST", "--as", "A", "--role", "sales"), "'sales' is no role that signs; choose medical, legal"),
        (("sign", "DIGEST", "--as", "A"), "the following arguments are required: --role"),
        (("sign", "later", "--as", "A", "--role", "legal"), "'later' is no digest; `signpost policy show` says"),
    ],
)
def test_what_cant_be_signed_is_one_line_with_the_way_out(
    small_copy: Home, cli: Cli, arguments: tuple[str, ...], said: str
) -> None:
    at = ("--home", small_copy.root)
    digest = json.loads(cli("policy", "show", "--json", *at).stdout)["policy"]
    done = cli("policy", *(digest if part == "DIGEST" else part for part in arguments), *at)
    assert done.returncode == 2 and done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert said in line
    assert json.loads(cli("policy", "signatures", "--json", *at).stdout)["signatures"] == []


def test_the_figures_of_an_evaluation_are_printed_where_they_are_given(
    small_copy: Home, cli: Cli, tmp_path: Path
) -> None:
    at = ("--home", small_copy.root)
    assert "<strong>Not measured.</strong>" in cli("preclearance", *at).stdout
    results = tmp_path / "metrics.json"
    results.write_text(json.dumps(FIGURES), encoding="utf-8")
    html = cli("preclearance", "--results", results, *at).stdout
    assert "emergency recall" in html and "0.988" in html and "at least 0.95: passed" in html
    assert "doesn’t say which policy it measured" in html and "answered</th>" not in html
    small_copy.evaluation.mkdir()
    small_copy.figures.write_text(json.dumps(FIGURES), encoding="utf-8")
    assert cli("preclearance", *at).stdout == html
    results.write_text("{}", encoding="utf-8")
    wrong = cli("preclearance", "--results", results, *at)
    assert wrong.returncode == 2 and f"{results}: no figures as `signpost eval` writes them" in wrong.stderr


def test_a_mistyped_home_is_no_empty_policy(cli: Cli, tmp_path: Path) -> None:
    for command in (("preclearance",), ("policy", "show")):
        done = cli(*command, "--home", tmp_path / "nowhere")
        assert done.returncode == 2 and "no Signpost home" in done.stderr

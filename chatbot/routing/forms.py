"""The forms that a list of terms may have. Nothing is imported here: the command line shows them."""

from __future__ import annotations

FORMS = {
    "abbreviations": 'JSON lines: {"abbreviation": "CrCl", "expansion": "creatinine clearance"}',
    "brands": 'JSON lines: {"generic": "adalimumab", "brands": ["Humira"]}',
    "synonyms": 'JSON lines: {"canonical": "adalimumab", "variants": ["d2e7"], "brands": ["Humira"]}',
    "csv": "columns phrase, meanings (with ; between), kind, and if you like language",
    "toml": 'one table a language and kind: [en.lay] "hives" = ["urticaria"]',
}
OWN = ("csv", "toml")  # written by the customer: they go before the lexicon of this release, public lists behind it

"""Six short documents about four products, for tests that must know every sentence there is.

The sample corpus says many things twice (a label, a card, a letter), so there a test can't say which document answers.
"""

from __future__ import annotations

from pathlib import Path

from tests.builders import sidecar

VELMARIN = """# Velmarin 40 mg and 80 mg film-coated tablets

## 4.2 Posology and method of administration

### Hypertension

The recommended starting dose of Velmarin is 40 mg once daily. The maximum dose is 80 mg a day.

### Heart failure

The starting dose is 20 mg once daily. The target dose is 80 mg once daily.

### Renal impairment

In patients with creatinine clearance below 30 mL/min the starting dose is 20 mg once daily.

## 4.4 Special warnings and precautions for use

### Hyperkalaemia

If potassium exceeds 5.5 mmol/L the dose is halved; above 6.0 mmol/L Velmarin is stopped.

## 4.5 Interaction with other medicinal products

Potassium supplements are not recommended with Velmarin.

## 4.9 Overdose

Lodisartan is not removed by haemodialysis.
"""
CARD = """# Velmarin: dosing card for prescribers

## Starting dose at a glance

Adults with hypertension start with 40 mg once daily.

Adults with heart failure start with 20 mg once daily.
"""
GERMAN = """# Velmarin 40 mg und 80 mg Filmtabletten: Fachinformation

## 4.2 Dosierung und Art der Anwendung

### Hypertonie

Die empfohlene Anfangsdosis beträgt 40 mg einmal täglich.

### Nierenfunktionsstörung

Bei einer Kreatinin-Clearance unter 30 ml/min beträgt die Anfangsdosis 20 mg einmal täglich.
"""
LUMETRA = """# Lumetra 5 mg and 10 mg solution for injection in pre-filled pen

## 4.2 Posology and method of administration

### Adults

The starting dose of Lumetra is 5 mg once a week. After four weeks the dose is increased to 10 mg once a week.

### Missed dose

If a dose of Lumetra is missed, it is given as soon as possible within three days.
"""
NEROLIN = """# Nerolin 250 mg and 500 mg tablets

## 4.2 Posology and method of administration

### Adults

The starting dose of Nerolin is 500 mg twice daily.

### Renal impairment

In patients with creatinine clearance below 30 mL/min the starting dose of Nerolin is 250 mg twice daily.
"""
QUORVEX = """# Quorvex 150 mg solution for injection in pre-filled syringe

## 4.2 Posology and method of administration

The loading dose of Quorvex is 300 mg at weeks 0 and 2.
"""


def write_labels(folder: Path) -> None:
    """Writes the six files, each with its sidecar."""
    for product, number, text, changes in (
        ("Velmarin", "VEL-1", VELMARIN, {"version": "3.0", "expires_on": "2031-01-18"}),
        ("Velmarin", "VEL-CARD", CARD, {"document_type": "dosing card", "roles": ["physician", "pharmacist"]}),
        ("Velmarin", "VEL-DE", GERMAN, {"country": "DE", "language": "de"}),
        ("Lumetra", "LUM-1", LUMETRA, {"version": "2.0"}),
        ("Nerolin", "NER-1", NEROLIN, {}),
        ("Quorvex", "QUO-1", QUORVEX, {}),
    ):
        facts = {"document_number": number, "product": product, "title": f"{product} product information", **changes}
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
        (folder / f"{number}.toml").write_text(sidecar(**facts), encoding="utf-8")

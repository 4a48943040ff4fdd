# The two commands of the README, and the whole-size measurements. Everything is installed into .venv.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR := .demo
SAMPLE := corpus/sample
END_TO_END := $(VENV)/end-to-end.log
INGESTS := $(addprefix tests/end_to_end/test_,labels.py killed_ingest.py ingestion_speed.py)
PARTS := $(filter-out tests/end_to_end tests/widget tests/__pycache__,$(patsubst %/,%,$(wildcard tests/*/))) $(wildcard tests/test_*.py)

.PHONY: demo test lint acceptance sample lock clean

demo: $(VENV)/installed $(HOME_DIR)/evaluation/report.html
	$(BIN)/signpost serve --demo --home $(HOME_DIR) --port $(PORT)

# In two processes of the same length, for two cores: what drives services and browsers, and all the rest with the long
# ingests. Its output comes last.
test: $(VENV)/installed-dev lint
	$(BIN)/python -m pytest tests/end_to_end tests/widget $(INGESTS:%=--ignore %) >$(END_TO_END) 2>&1 & whole=$$!; \
	$(BIN)/python -m pytest $(PARTS) $(INGESTS); parts=$$?; \
	wait $$whole; whole=$$?; cat $(END_TO_END); [ $$parts -eq 0 ] && [ $$whole -eq 0 ]

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

acceptance: $(VENV)/installed-bench
	$(BIN)/python -m pytest --acceptance

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Signpost needs Python 3.11 or newer; set PYTHON=") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[ingest,eval]'
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[ingest,eval,postgresql,dev]'
	touch $@

$(VENV)/installed-bench: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[ingest,eval,postgresql,bench,dev]'
	touch $@

# Built once: the sample documents are the repository's own.
$(HOME_DIR)/published: $(VENV)/installed $(wildcard $(SAMPLE)/*.csv $(SAMPLE)/*.toml $(SAMPLE)/documents/*)
	$(BIN)/signpost ingest $(SAMPLE)/documents --catalogue $(SAMPLE)/catalogue.csv --products $(SAMPLE)/products.toml \
		--publish --home $(HOME_DIR)
	touch $@

# One document is taken back after it was published, as happens.
$(HOME_DIR)/withdrawn: | $(HOME_DIR)/published
	$(BIN)/signpost withdraw HP-QUO-011 --reason "the starter kit is discontinued" --home $(HOME_DIR)
	touch $@

# A failed gate (exit 1) is the report's to say, and stops no demo.
$(HOME_DIR)/evaluation/report.html: $(HOME_DIR)/published $(HOME_DIR)/withdrawn $(wildcard eval/questions/*.jsonl) eval/gates.toml
	$(BIN)/signpost eval all --home $(HOME_DIR) || [ $$? -eq 1 ]

# The sample's PDF and DOCX files, from their sources. The same bytes on each run.
sample: $(VENV)/installed-dev
	$(BIN)/python -m corpus.sample.make

# Exact versions of everything the extras bring, from what is installed now.
lock: $(VENV)/installed-bench
	$(BIN)/python -m pip freeze --exclude-editable | sed "s|+cpu$$||" > constraints.txt

clean:
	rm -rf $(VENV) $(HOME_DIR) .pytest_cache

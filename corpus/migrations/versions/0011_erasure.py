"""Erasures and legal holds; what they take may go, and nothing else.

Feedback was append-only like the log. A reader's verdicts go with the text that they are about, so a row may be
deleted now, but only while the newest leaf of the log is an erasure: the transaction that deletes has just said so. For
the same reason the text of a report may be emptied, and nothing else of it changed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ERASING = "EXISTS (SELECT 1 FROM erasures WHERE idx = (SELECT size - 1 FROM log_head WHERE id = 1))"
_EMPTIED = (
    "NEW.case_id = OLD.case_id AND NEW.sequence = OLD.sequence AND NEW.at = OLD.at AND NEW.facts = OLD.facts "
    "AND length(NEW.nonce) = 0 AND length(NEW.ciphertext) = 0"
)


def upgrade() -> None:
    """Creates the tables, and narrows the rules that stood in the way."""
    op.create_table(
        "erasures",
        sa.Column("idx", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("pseudonym", sa.String(64), nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("before", sa.String(40), nullable=False),
    )
    op.create_index("ix_erasures_pseudonym", "erasures", ["pseudonym"])
    op.create_index("ix_erasures_complete_idx", "erasures", ["complete", "idx"])
    op.create_table(
        "holds",
        sa.Column("idx", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("version", sa.String(200), nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("released", sa.Integer, nullable=True),
    )
    _narrow_on_postgresql() if op.get_bind().dialect.name == "postgresql" else _narrow_on_sqlite()


def _narrow_on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, '{} is append-only'); END"
    for verb in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER erasures_no_{verb.lower()} BEFORE {verb} ON erasures " + refuse.format("erasures"))
    op.execute("DROP TRIGGER feedback_no_delete")
    op.execute(
        f"CREATE TRIGGER feedback_no_delete BEFORE DELETE ON feedback WHEN NOT {_ERASING} " + refuse.format("feedback")
    )
    op.execute("DROP TRIGGER case_reports_no_update")
    op.execute(
        f"CREATE TRIGGER case_reports_no_update BEFORE UPDATE ON case_reports WHEN NOT ({_EMPTIED} AND {_ERASING}) "
        + refuse.format("case_reports")
    )


def _narrow_on_postgresql() -> None:
    """Its rules stand in one function for whole statements; what may go is decided row by row."""
    for name, broken, returned in (
        ("erasing", f"NOT {_ERASING}", "OLD"),
        ("emptying", f"NOT ({_EMPTIED} AND {_ERASING})", "NEW"),
    ):
        op.execute(
            f"CREATE FUNCTION {name}_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {broken} THEN "
            "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; "
            f"END IF; RETURN {returned}; END $$"
        )
    whole = "FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
    op.execute(f"CREATE TRIGGER erasures_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasures {whole}")
    for table, kept, narrowed, function in (
        ("feedback", "UPDATE OR TRUNCATE", "DELETE", "erasing_only"),
        ("case_reports", "DELETE OR TRUNCATE", "UPDATE", "emptying_only"),
    ):
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(f"CREATE TRIGGER {table}_append_only BEFORE {kept} ON {table} {whole}")
        op.execute(
            f"CREATE TRIGGER {table}_narrowed BEFORE {narrowed} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
        )

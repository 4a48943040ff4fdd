"""${message}"""

from alembic import op
import sqlalchemy as sa

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Forward only: a log that auditors rely on is never taken back to an older shape."""
    ${upgrades if upgrades else "pass"}

"""common: the trace that a run belongs to

Revision ID: 20261124173300
Revises: 20261124171900
Create Date: 2026-11-24 17:33:00.000000
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124173300"
down_revision = "20261124171900"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("common_run", sa.Column("traceparent", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("common_run", "traceparent")

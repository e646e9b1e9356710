"""common: the run that confirmed a link's pairs

Revision ID: 20261124170227
Revises: 20261124164818
Create Date: 2026-11-24 17:02:28.607969
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124170227"
down_revision = "20261124164818"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("common_link", sa.Column("run_id", sa.UUID(), nullable=True))


def downgrade() -> None:
    op.drop_column("common_link", "run_id")

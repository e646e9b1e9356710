"""common: jobs say what they are for, and what their runs are told

Revision ID: 20261124171900
Revises: 20261124170227
Create Date: 2026-11-24 16:47:12.222021
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261124171900"
down_revision = "20261124170227"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("common_job", sa.Column("description", sa.Text(), nullable=True))
    op.add_column(
        "common_job",
        sa.Column("queue", sa.Text(), server_default=sa.text("'default'"), nullable=False),
    )
    op.add_column(
        "common_job",
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "common_job",
        sa.Column(
            "payload",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    op.drop_column("common_job", "payload")
    op.drop_column("common_job", "priority")
    op.drop_column("common_job", "queue")
    op.drop_column("common_job", "description")

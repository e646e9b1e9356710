"""Who may ask, and who changed what."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa

from inventory.sources.common.models.base import CommonModel


class Token(CommonModel, table=True):
    """A token of the API that `inventory token create` made. The token itself is nowhere, and its
    hash only here.
    """

    display: ClassVar[str | None] = "name"
    operators_only: ClassVar[bool] = True
    hidden: ClassVar[tuple[str, ...]] = ("sha256",)
    indexes: ClassVar[tuple[sa.Index, ...]] = (
        sa.Index(
            "uq_common_token_name",
            "name",
            unique=True,
            postgresql_where=sa.text("revoked_at IS NULL"),
        ),
        sa.Index("uq_common_token_sha256", "sha256", unique=True),
    )

    name: str
    """Who asks with it, for logs and the audit."""
    role: str
    """`viewer` or `operator`."""
    restriction: dict[str, Any] | None = None
    """All that it shows, as globs by kind; everything when absent."""
    starts_with: str
    """How the token starts, to recognise it by."""
    sha256: str
    """The hash of the token."""
    created_by: str
    """Who made it."""
    expires_at: datetime | None = None
    """When it ends by itself."""
    revoked_at: datetime | None = None
    """When it was revoked."""
    last_used_at: datetime | None = None
    """When it was last used, give or take a few minutes."""


class AuditEvent(CommonModel, table=True):
    """An attempt to change something: by a mutation or a command, whether it was allowed or not."""

    display: ClassVar[str | None] = "action"
    operators_only: ClassVar[bool] = True
    indexes: ClassVar[tuple[sa.Index, ...]] = (
        sa.Index("ix_common_audit_event_created", "created_at", "id"),
        sa.Index("ix_common_audit_event_actor", "actor", "created_at"),
    )

    actor: str
    """Who: the name of the token, the subject of the identity provider, or the user of the machine."""
    role: str | None = None
    """The role that the actor had; absent for commands."""
    via: str
    """`graphql` or `cli`."""
    origin: str | None = None
    """From where: the address of the client, or the name of the machine."""
    action: str
    """What was asked for: the mutation, or the words of the command."""
    arguments: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    """What it was told, without secrets."""
    outcome: str = "begun"
    """`done`, `refused` (not allowed, or not possible as asked) or `failed`; `begun` if the process
    ended before that was known.
    """
    code: str | None = None
    """Why it was refused or failed, for programs."""
    message: str | None = None
    """The same for people."""
    run_id: UUID | None = None
    """The run that came of it."""
    finished_at: datetime | None = None
    """When the outcome was known."""

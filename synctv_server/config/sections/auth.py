"""`[auth]`: who gets an account, and how long a sign-in lasts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from synctv_server.config.sections.base import LIVE, RELOAD, Section


class AuthSection(Section):
    """Accounts, tokens and the keys that sign them."""

    registration: Annotated[Literal["closed", "invite", "open"], LIVE] = Field(
        "closed",
        description=(
            "Who may make an account: nobody (`closed`), who has an invitation (`invite`), or everybody (`open`). "
            "The invitation of an administrator counts where it is closed, too."
        ),
    )
    password_min_length: Annotated[int, LIVE] = Field(
        10, ge=8, le=128, description="Shortest password that is taken."
    )
    password_classes: Annotated[int, LIVE] = Field(
        0,
        ge=0,
        le=4,
        description=(
            "How many kinds of characters (small letters, capitals, digits, others) a password must mix, "
            "where a site's policy asks for it."
        ),
    )
    access_token_seconds: Annotated[int, LIVE] = Field(
        3_600, ge=60, le=86_400, description="Life of an access token."
    )
    refresh_token_seconds: Annotated[int, LIVE] = Field(
        2_592_000, ge=3_600, le=31_536_000, description="Life of a sign-in that is not used."
    )
    signing_algorithm: Literal["RS256", "ES256", "EdDSA"] = Field(
        "RS256", description="Algorithm of new signing keys; older keys keep theirs."
    )
    key_rotation_days: Annotated[int, RELOAD] = Field(
        90, ge=1, le=3_650, description="Age at which a signing key is due to be replaced."
    )
    key_grace_days: Annotated[int, RELOAD] = Field(
        7, ge=0, le=365, description="How long a replaced signing key still verifies what it signed."
    )

"""What all sections share: they are frozen, refuse unknown keys and check their defaults too."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section. The text of each field's `description` is its entry in the generated reference."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

"""What all sections share: they are frozen, refuse unknown keys, check their defaults, and say what changes live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict

Change = Literal["restart", "reload", "live"]
"""When another value takes effect: at the next start; at a reload; or at once, by `synctv settings set` too."""


@dataclass(frozen=True, slots=True)
class TakesEffect:
    """Stands in the annotation of a field that a running server takes over; fields without it need a restart."""

    by: Change


RELOAD: Final = TakesEffect("reload")
LIVE: Final = TakesEffect("live")


class Section(BaseModel):
    """One section. The text of each field's `description` is its entry in the generated reference.

    Each part of the server holds its section for life and reads a value when it needs it, so that a reload reaches
    them all by `take_over` alone (decision 17). To everybody else a section is frozen.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def change_of(cls, key: str) -> Change:
        """When another value of this setting takes effect."""
        marks = (mark for mark in cls.model_fields[key].metadata if isinstance(mark, TakesEffect))
        return next((mark.by for mark in marks), "restart")

    def take_over(self, other: Self) -> None:
        """Puts the values of `other` that need no restart into this section, all at once."""
        self.__dict__.update(
            {key: getattr(other, key) for key in type(self).model_fields if self.change_of(key) != "restart"}
        )

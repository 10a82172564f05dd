"""Who works at this command line, and what they did; for the commands that do not ask the control socket."""

from __future__ import annotations

import asyncio
import getpass
import os
from typing import TYPE_CHECKING

from synctv_server.domain.errors import ConfigurationInvalid
from synctv_server.domain.sessions import Actor, ActorKind

if TYPE_CHECKING:
    from synctv_cli.context import Invocation
    from synctv_server.domain.audit import Deed


def operator() -> Actor:
    """The user of this process."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in containers
        name = str(os.getuid())
    return Actor(ActorKind.OPERATOR, name, uid=os.getuid())


def write_down(invocation: Invocation, *deeds: Deed) -> None:
    """Enter into the audit log what has been done already; a warning where there is none that can be reached."""
    from synctv_server.supervisor.audit_entry import enter

    try:
        loaded = invocation.load_silently()
    except ConfigurationInvalid:
        invocation.output.warn("The configuration cannot be used, so this is not in the audit log.")
        return
    asyncio.run(enter(loaded, operator(), *deeds))

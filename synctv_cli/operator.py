"""Who works at this command line, as the audit log names them. For commands that do not ask the control socket."""

from __future__ import annotations

import getpass
import os

from synctv_server.domain.sessions import Actor, ActorKind


def operator() -> Actor:
    """The user of this process."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name, as in containers
        name = str(os.getuid())
    return Actor(ActorKind.OPERATOR, name, uid=os.getuid())

"""docs/reference/settings.md, from the sections of the configuration."""

from __future__ import annotations

from itertools import groupby

from docs.generate.markdown import code, document, table
from synctv_server.config.settings import reference, toml_text

_INTRODUCTION = """\
Settings stand in `synctv.toml` of the data directory, or come from the environment or from flags. The
order, weakest first: default, runtime (`synctv settings set`), file, environment, flag. `synctv config show`
says which value holds and where it comes from; `synctv config check` looks for mistakes. An unknown key is an
error.

A relative path stands in the data directory. A **secret** never stands in the file. It has exactly one of
these sources: the file that the variable below names, `/run/secrets/<section>-<key>`,
`$CREDENTIALS_DIRECTORY/<section>-<key>`, the variable without its `_FILE` (with a warning), or the file
`keys/<section>-<key>` of the data directory; `_` is written `-` in these names.

Another value takes effect at the next start (*restart*), at a reload (*reload*: `synctv reload`, SIGHUP,
`systemctl reload`; see [Logs and reloading](../guides/logs.md)), or at once (*live*: by a reload, and by
`synctv settings set` too; see [Settings](../guides/settings.md))."""

_COLUMNS = ("key", "type", "default", "environment", "takes effect", "")


def page() -> str:
    """One table per section."""
    sections = []
    for section, settings in groupby(reference(), key=lambda setting: setting.section):
        rows = [
            (
                code(setting.key),
                setting.type.replace(" | ", " or "),
                code(toml_text(setting.default)),
                code(setting.environment),
                setting.change,
                setting.description,
            )
            for setting in settings
        ]
        sections.append(f"## `[{section}]`\n\n" + table(_COLUMNS, rows))
    return document("Settings", _INTRODUCTION, *sections)

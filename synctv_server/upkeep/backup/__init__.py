"""Backups: one file with database, configuration and keys. Called by `synctv backup` and `synctv database`, and a job.

The rows are kept in a form that belongs to neither database (`rows.py`), so that a backup of one can be checked, and
restored, on the other, and on a machine that has none.
"""

from __future__ import annotations

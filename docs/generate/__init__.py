"""Writes what can be read from the code: `docs/reference/` and the web client's types. Run by `make docs`.

`pages()` is also what a structure test compares with the files, so that none of them is ever stale.
"""

"""`python -m docs.generate` writes every generated file anew and says which have changed."""

from __future__ import annotations

from docs.generate.pages import ROOT, pages


def main() -> None:
    """Writes the files whose text is another than before."""
    for path, text in pages().items():
        target = ROOT / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"wrote {path}")


main()

"""Writes the generated documents into `docs/`, or into the folder given as argument."""

from __future__ import annotations

import sys
from pathlib import Path

from service.docs_from_code import DOCUMENTS


def main(folder: Path) -> None:
    for name, write in DOCUMENTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs")

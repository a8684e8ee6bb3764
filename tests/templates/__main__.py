"""`make snapshots`: keeps what shipped words come out as now. What changed is for `git diff` to show, and for you to agree with."""

from __future__ import annotations

from tests.templates import rendering


def main() -> None:
    fresh = dict(rendering.snapshots())
    for path in rendering.SNAPSHOTS.iterdir():
        if path.name not in fresh:
            path.unlink()
    for name, text in fresh.items():
        (rendering.SNAPSHOTS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

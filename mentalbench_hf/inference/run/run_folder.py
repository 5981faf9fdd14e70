"""The folder of a run: what was asked for, the items, the journal, and later the results."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from mentalbench_hf.errors import RunError
from mentalbench_hf.files import check_folder
from mentalbench_hf.inference.run.item import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MANIFEST: Final = "run.json"
ITEMS: Final = "items.jsonl"
#: Fields that may grow from one start of a run to the next.
_GROWS: Final = frozenset({"models", "repeats", "families"})


class RunFolder:
    """One run on disk.

    The items are copied into the run at its first start, so that it can be resumed, judged again
    and read without the source they came from.
    """

    def __init__(self, path: Path) -> None:
        """Point at a folder, which need not exist."""
        self.path = path

    @property
    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / MANIFEST).is_file()

    def manifest(self) -> dict[str, Any]:
        """Return what the run was asked for; raises ``RunError`` when there is none."""
        try:
            content = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path} is not the folder of a run ({error}).") from error
        if not isinstance(content, dict):
            raise RunError(f"{self.path / MANIFEST} is not an object.")
        return content

    def begin(self, manifest: dict[str, Any], items: Iterable[Item]) -> dict[str, Any]:
        """Write manifest and items, or check that the run begun here is the same one.

        More judges and more repeats may be added to a run; anything else that differs would mix
        two runs in one table.

        Returns:
            The manifest that holds now.

        Raises:
            RunError: the folder holds another run, or something that is no run.
            DataError: a file stands where the folder is to be.
        """
        if self.exists:
            old = self.manifest()
            for name in sorted((set(old) | set(manifest)) - _GROWS):
                if old.get(name) != manifest.get(name):
                    raise RunError(
                        f"{self.path} holds another run: its {name} is {_short(old.get(name))}, "
                        f"now {_short(manifest.get(name))}. Give another out=, or the same "
                        "settings to go on."
                    )
            for name, settings in manifest.get("models", {}).items():
                if old["models"].get(name, settings) != settings:
                    raise RunError(
                        f"{self.path} holds another run: {name} was reached as "
                        f"{_short(old['models'][name])}, now {_short(settings)}. Give another "
                        "out=, or the same settings to go on."
                    )
            merged = {
                **old,
                "models": {**old.get("models", {}), **manifest.get("models", {})},
                "repeats": max(old.get("repeats", 1), manifest.get("repeats", 1)),
            }
            if merged != old:
                self._write(merged)
            return merged
        check_folder(self.path)
        foreign = [] if not self.path.exists() else [
            p.name for p in self.path.iterdir() if p.name not in (ITEMS, ".lock", "journal.jsonl")
        ]  # fmt: skip
        if foreign:
            raise RunError(
                f"{self.path} is not empty and holds no run ({', '.join(sorted(foreign)[:3])}). "
                "Give another out=."
            )
        self.path.mkdir(parents=True, exist_ok=True)
        count = 0
        with (self.path / ITEMS).open("w", encoding="utf-8", errors="backslashreplace") as file:
            for item in items:
                file.write(json.dumps(asdict(item), ensure_ascii=False) + "\n")
                count += 1
        if not count:
            raise RunError("There is nothing to do: the source gives no item.")
        # The manifest comes last: a start that was killed before it begins anew.
        self._write(manifest)
        return manifest

    def items(self) -> Iterator[Item]:
        """Yield the items of the run, one at a time."""
        with (self.path / ITEMS).open(encoding="utf-8") as file:
            for line in file:
                yield Item(**json.loads(line))

    def count(self) -> tuple[int, int]:
        """Return the number of items, and of those that have a response."""
        items = with_response = 0
        for item in self.items():
            items += 1
            with_response += item.response is not None
        return items, with_response

    def _write(self, manifest: dict[str, Any]) -> None:
        draft = self.path / (MANIFEST + ".new")
        draft.write_text(json.dumps(manifest, indent=2, ensure_ascii=False), encoding="utf-8")
        draft.replace(self.path / MANIFEST)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 120 else text[:117] + "..."

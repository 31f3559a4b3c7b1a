"""The rooms of the house, and which of them may know which: docs/architecture.md is the map."""

from __future__ import annotations

import ast
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

CODE = Path(__file__).parents[1] / "hf_medseg"
TESTS = CODE.parent / "tests"
PAGE = CODE.parent / "docs" / "architecture.md"

# Room -> the rooms that it may import; every room may import the errors, the words on progress and the version.
ARROWS = {
    "dataset": "",
    "raw": "",
    "formats": "raw",
    "masks": "dataset raw formats",
    "case": "raw formats masks",
    "catalog": "dataset raw formats",
    "sources": "dataset raw formats masks case catalog",
    "card": "dataset catalog",
    "preview": "dataset raw formats masks",
    "conversion": "dataset raw formats masks case catalog card preview",
    "verification": "dataset raw formats catalog card preview conversion",
    "statistics": "dataset formats catalog preview conversion",
    "deriving": "dataset formats masks catalog card preview conversion statistics",
    "exporting": "dataset raw formats catalog",
    "loading": "dataset raw case catalog conversion",
    "training": "formats",
    "fetching": "dataset raw formats masks case catalog conversion",
    "publishing": "dataset raw catalog card verification",
    "site": "dataset formats catalog preview publishing statistics",
    "cli": "dataset catalog card conversion deriving preview verification statistics fetching publishing site exporting",
    "__main__": "cli",
}
KNOWN_TO_ALL = {"errors", "progress", "words", "hf_medseg"}


def _only_for_types(tree: ast.Module) -> set[ast.AST]:
    blocks = (node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _room(name: str) -> str:
    room = name.split(".")[1] if "." in name else ""
    return room if room in ARROWS or room in KNOWN_TO_ALL else "hf_medseg"


def _arrows() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in CODE.rglob("*.py"):
        here = path.relative_to(CODE).parts[0].removesuffix(".py")
        if here == "__init__":
            continue  # the face hands everything on
        tree = ast.parse(path.read_text(encoding="utf-8"))
        skipped = _only_for_types(tree)
        for node in ast.walk(tree):
            if node not in skipped:
                found[here] |= {_room(name) for name in _imported(node) if name.split(".")[0] == "hf_medseg"}
    return {here: rooms - {here} - KNOWN_TO_ALL for here, rooms in found.items() if here not in KNOWN_TO_ALL}


def test_imports_follow_the_allowed_arrows_and_no_other_room_is_there() -> None:
    wrong = [f"{here} -> {room}" for here, rooms in sorted(_arrows().items()) for room in sorted(rooms - set(ARROWS[here].split()))]
    assert wrong == []


def test_arrows_run_one_way() -> None:
    order = tuple(TopologicalSorter({here: rooms.split() for here, rooms in ARROWS.items()}).static_order())
    assert order[-1] == "__main__"


def test_the_map_names_every_room() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [room for room in ARROWS if room != "__main__" and f"| `{room}" not in page] == []


def test_no_test_reaches_into_what_is_private() -> None:
    found = [f"{path.relative_to(CODE.parent)}: {name}" for path in TESTS.rglob("*.py") for name in _private_names(path)]
    assert found == []


def _private_names(path: Path) -> list[str]:
    """The private names of this package that a module uses, or replaces by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hf_medseg")]
    ours = {alias.asname or alias.name for node in imports for alias in node.names}
    names = {alias.name for node in imports for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ours:
            names.add(node.attr)
        elif isinstance(node, ast.Call) and len(node.args) > 1 and isinstance(node.args[0], ast.Name) and node.args[0].id in ours:
            names |= {str(argument.value) for argument in node.args[1:2] if isinstance(argument, ast.Constant)}
    return sorted(name for name in names if name.startswith("_") and not name.startswith("__"))

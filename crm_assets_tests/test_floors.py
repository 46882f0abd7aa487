"""The floors of the house: no import goes up, none runs in a circle, Dagster stays upstairs, no file outgrows its idea.

The rules are functions of a folder, so that a planted breach shows that each can fail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from crm_assets.settings import PROJECT_DIR

FLOORS = (  # from the ground up: a room imports itself and the floors below it, never its neighbours
    {"contracts"},
    {"settings", "months", "files", "pictures"},
    {"statistics", "warehouse", "data_dictionary", "spreadsheet", "demo"},
    {"boosters", "model_files", "reference_files"},
    {"charts", "receipts", "segmentation", "coverage", "published", "offers"},
    {"prediction", "retention", "lifestyle", "merchandising", "indices", "leads", "marketing"},
    {"report"},
    {"explain"},
    {"defs"},
    {"definitions"},
    {"refresh", "bench"},
    {"cli"},
)
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
WITH_DAGSTER = {"defs", "definitions", "refresh", "bench", "cli"}
LINES_OF_A_FILE, LINES_OF_A_FUNCTION = 400, 60


def sources(root: Path, *packages: str) -> dict[str, Path]:
    """Module → file, of packages in a folder."""
    return {_module(p, root): p for package in packages for p in sorted((root / package).rglob("*.py"))}


def _module(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(root: Path) -> dict[str, set[str]]:
    """Module of the package → what it imports, of the package by module, of others by name."""
    modules = sources(root, "crm_assets")
    return {module: set(_imported(path, modules.keys())) for module, path in modules.items()}


def _imported(path: Path, modules: set[str]) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named = [f"{node.module}.{name.name}" for name in node.names]
            yield from (name if name in modules else node.module for name in named)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room(module: str) -> str:
    """The file or folder at the top of the package that a module is in; the package itself is none."""
    return module.split(".")[1] if "." in module else ""


def breaches(root: Path) -> list[str]:
    """Imports that go up or across, circles, and Dagster below the floors that know it."""
    graph, found = imports(root), []
    for module, imported in graph.items():
        inside = [i for i in imported if i.startswith("crm_assets.") and room(i) != room(module)]
        found += [f"{module} imports {i}" for i in inside if FLOOR_OF[room(i)] >= FLOOR_OF.get(room(module), -1)]
        outside = {i.split(".")[0] for i in imported}
        found += [f"{module} knows Dagster"] if "dagster" in outside and room(module) not in WITH_DAGSTER else []
    try:
        TopologicalSorter({module: imported & graph.keys() - {module} for module, imported in graph.items()}).prepare()
    except CycleError as circle:
        found.append(f"a circle: {' → '.join(circle.args[1])}")
    return found


def outgrown(root: Path, *packages: str) -> list[str]:
    """Files and functions longer than one can hold in the head; ``# long: why`` beside its name excuses one."""
    found = []
    for module, path in sources(root, *packages).items():
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > LINES_OF_A_FILE:
            found.append(f"{module}: {len(lines)} lines")
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= LINES_OF_A_FUNCTION:
                reason = "# long: " in lines[node.lineno - 1]
                found += [] if reason else [f"{module}.{node.name}: {node.end_lineno - node.lineno + 1} lines"]
    return found


def test_every_room_has_its_floor():
    assert {room(module) for module in imports(PROJECT_DIR)} - {""} == set(FLOOR_OF)


def test_imports_follow_the_floors():
    assert breaches(PROJECT_DIR) == []


@pytest.mark.parametrize(
    ("files", "breach"),
    [
        ({"segmentation/a.py": "from crm_assets.report import page"}, ".segmentation.a imports crm_assets.report"),
        ({"settings.py": "import crm_assets.warehouse"}, "crm_assets.settings imports crm_assets.warehouse"),
        ({"receipts/a.py": "from crm_assets.segmentation.rfm import BAND"}, "imports crm_assets.segmentation.rfm"),
        ({"prediction/a.py": "def f():\n    import dagster as dg"}, "crm_assets.prediction.a knows Dagster"),
        ({"report/a.py": "from crm_assets.report.b import x", "report/b.py": "from crm_assets.report.c import x",
          "report/c.py": "from crm_assets.report import a"}, "a circle: "),
    ],
)  # fmt: skip
def test_a_breach_is_seen(tmp_path: Path, files: dict[str, str], breach: str):
    for name, text in files.items():
        path = tmp_path / "crm_assets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = breaches(tmp_path)
    assert len(found) == 1 and breach in found[0], found


def test_a_function_fits_a_screen_and_a_file_is_one_idea():
    assert outgrown(PROJECT_DIR, "crm_assets", "crm_assets_tests") == []
    long_queries = {p.name for p in PROJECT_DIR.glob("crm_assets/sql/*.sql") if len(p.read_text().splitlines()) > 400}
    assert not long_queries


def test_what_has_outgrown_is_seen(tmp_path: Path):
    path = tmp_path / "crm_assets" / "a.py"
    path.parent.mkdir()
    body = "    x = 1\n" * LINES_OF_A_FUNCTION
    path.write_text(f"def f():\n{body}\n\ndef g():  # long: a table of cases\n{body}" + "\n" * 300)
    assert outgrown(tmp_path, "crm_assets") == ["crm_assets.a: 424 lines", "crm_assets.a.f: 61 lines"]


def test_nothing_is_unpickled_evaluated_or_given_to_a_shell():
    banned = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    graph = imports(PROJECT_DIR)
    for module, path in sources(PROJECT_DIR, "crm_assets").items():
        assert not {name.split(".")[0] for name in graph[module]} & banned, module
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Call):
                assert not (isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}), module
                assert not any(k.arg == "shell" for k in node.keywords), module
                loads_yaml = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "yaml.load"
                assert not loads_yaml or "CSafeLoader" in ast.unparse(node), module


def test_the_ui_listens_on_this_machine_only():
    assert "--host 127.0.0.1" in (PROJECT_DIR / "Makefile").read_text()


def test_sql_is_portable():
    banned = (
        *("::", "filter (", "filter(", "qualify", "mode(", "any_value", "arg_max", "max_by", "group by all", "list_"),
        *("date_trunc", "date_diff", "datediff", "current_date", "now("),
    )
    for path in sorted((PROJECT_DIR / "crm_assets" / "sql").glob("*.sql")):
        text = "\n".join(line.split("--")[0] for line in path.read_text().lower().splitlines())
        assert not [word for word in banned if word in text], path.name

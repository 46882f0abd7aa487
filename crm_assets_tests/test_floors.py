"""The floors of the house: no import goes up, no two modules import each other, Dagster stays upstairs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from crm_assets.settings import PROJECT_DIR

PACKAGE = PROJECT_DIR / "crm_assets"
FLOORS = {"contracts": 0, "settings": 1, "months": 1, "defs": 3, "definitions": 4, "refresh": 5, "bench": 5, "cli": 6}
DOMAIN = 2
UPSTAIRS = {"defs", "definitions", "refresh", "cli"}


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT_DIR).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(p) for p in modules()}


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = {f"{node.module}.{a.name}" for a in node.names}
            modules_named = parts & NAMES
            found |= modules_named if modules_named == parts else {node.module} | modules_named
    return found


def floor_of(module: str) -> int:
    part = module.split(".")[1] if "." in module else ""
    return FLOORS.get(part, DOMAIN)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_import_goes_up_and_dagster_stays_upstairs(path: Path):
    module, imported = name_of(path), imports_of(path)
    up = {i for i in imported if i.startswith("crm_assets.") and floor_of(i) > floor_of(module)}
    assert not up, f"{module} imports {up} from a floor above"
    if module.split(".")[1:2] and module.split(".")[1] not in UPSTAIRS:
        assert not {i for i in imported if i.split(".")[0] == "dagster"}, f"{module} knows Dagster"


def test_no_two_modules_import_each_other():
    graph = {name_of(p): imports_of(p) for p in modules()}
    circles = {tuple(sorted((a, b))) for a in graph for b in graph[a] if b in graph and a in graph[b] and a != b}
    assert not circles, circles


def test_a_function_fits_a_screen_and_a_file_is_one_idea():
    long_files = {name_of(p): n for p in modules() if (n := len(p.read_text().splitlines())) > 400}
    assert not long_files
    long_functions = {
        f"{name_of(p)}.{node.name}": node.end_lineno - node.lineno + 1
        for p in modules()
        for node in ast.walk(ast.parse(p.read_text()))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno + 1 > 60
    }
    assert not long_functions


def test_nothing_is_unpickled_evaluated_or_given_to_a_shell():
    banned = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
    for path in modules():
        assert not {name.split(".")[0] for name in imports_of(path)} & banned, path
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                assert not (isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}), path
                assert not any(k.arg == "shell" for k in node.keywords), path
                loads_yaml = isinstance(node.func, ast.Attribute) and ast.unparse(node.func) == "yaml.load"
                assert not loads_yaml or "CSafeLoader" in ast.unparse(node), path


def test_the_ui_listens_on_this_machine_only():
    assert "--host 127.0.0.1" in (PROJECT_DIR / "Makefile").read_text()


def test_sql_is_portable():
    banned = ("::", "filter (", "filter(", "qualify", "mode(", "any_value", "group by all", "date_trunc", "list_")
    for path in sorted((PACKAGE / "sql").glob("*.sql")):
        text = "\n".join(line.split("--")[0] for line in path.read_text().lower().splitlines())
        assert not [word for word in banned if word in text], path.name

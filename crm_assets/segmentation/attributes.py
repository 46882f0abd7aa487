"""Attribute segments: rules that are data (``data/reference/attributes.yaml``) as SQL expressions.

What a customer's columns are is ``sql/attribute_segments.sql``; here is only how a dimension's rules read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_assets.contracts.attribute_sizes import GIVEN, KINDS, RULED
from crm_assets.contracts.base import literal
from crm_assets.files import read_yaml

TEXTS = ("gender", "age_band", "region", "channel_use", "interest_category", "loyalty", "purchasing_power")
NUMBERS = ("wallet_user", "recency_days", "frequency", "visit_days", "monetary", "interval_days", "churn_risk")
BETWEEN = "·"  # between the values of a combination: female·40대
_BOUNDS = {"from": ">=", "below": "<"}


class AttributeRuleError(ValueError):
    """A rule that cannot be read: says where, what, and the remedy."""


@dataclass(frozen=True)
class Dimension:
    """``group`` is a SQL expression over the columns of a customer: the name of its group, null for none."""

    name: str
    kind: str
    group: str


def read_dimensions(reference: Path) -> list[Dimension]:
    """The dimensions of ``attributes.yaml``, in its order.

    Raises:
        AttributeRuleError: a dimension is missing, unknown or of no kind, or a rule names no column or condition.
    """
    path = reference / "attributes.yaml"
    content = read_yaml(path)
    if not isinstance(content, Mapping) or set(content) != set(RULED):
        differing = sorted(set(content or ()) ^ set(RULED))
        raise AttributeRuleError(f"{path}: dimensions {differing} are missing or unknown; it needs {RULED}")
    return [_dimension(name, rules, path) for name, rules in content.items()]


def query(measured: str, dimensions: list[Dimension]) -> str:
    """The customers of the query ``measured`` with a further column per dimension."""
    groups = ", ".join(f"{d.group} as {d.name}" for d in dimensions)
    return f"select customers.*, {groups} from ({measured}) as customers"


def kinds(dimensions: list[Dimension]) -> list[tuple[str, str]]:
    """Name and kind of every dimension, those by definition too."""
    return [*((d.name, d.kind) for d in dimensions), *((name, "behavioural") for name in GIVEN)]


def _dimension(name: str, rules: Any, path: Path) -> Dimension:
    where = f"{path}: {name}"
    if not isinstance(rules, Mapping) or rules.get("kind") not in KINDS:
        raise AttributeRuleError(f"{where}: kind must be one of {KINDS}")
    if set(rules) == {"kind", "by"}:
        columns = [_column(column, where, TEXTS) for column in rules["by"]]
        return Dimension(name, rules["kind"], f" || {literal(BETWEEN)} || ".join(columns))
    if set(rules) == {"kind", "groups"} and rules["groups"]:
        cases = [
            f"when {_conditions(conditions, f'{where}.{group}')} then {literal(str(group))}"
            for group, conditions in rules["groups"].items()
        ]
        return Dimension(name, rules["kind"], f"case {' '.join(cases)} end")
    raise AttributeRuleError(f"{where} has {sorted(rules)}; it needs kind and one of by, groups")


def _conditions(conditions: Any, where: str) -> str:
    if not isinstance(conditions, Mapping) or not conditions:
        raise AttributeRuleError(f"{where}: conditions are {{column: condition}}, at least one")
    return " and ".join(_condition(column, condition, where) for column, condition in conditions.items())


def _condition(column: str, condition: Any, where: str) -> str:
    if isinstance(condition, Mapping):
        _column(column, where, NUMBERS)
        wrong = {k: v for k, v in condition.items() if k not in _BOUNDS or not isinstance(v, int | float)}
        if wrong or not condition:
            raise AttributeRuleError(f"{where}.{column}: {wrong or condition}; bounds are from and below, numbers")
        return " and ".join(f"{column} {_BOUNDS[bound]} {literal(value)}" for bound, value in condition.items())
    values = condition if isinstance(condition, list) else [condition]
    expected, known = (str, TEXTS) if column in TEXTS else (int | float, NUMBERS)
    _column(column, where, known)
    if not values or not all(isinstance(v, expected) and not isinstance(v, bool) for v in values):
        raise AttributeRuleError(f"{where}.{column}: {condition!r} is not a value of this column, nor a list of them")
    return f"{column} in ({', '.join(literal(v) for v in values)})"


def _column(column: Any, where: str, known: tuple[str, ...]) -> str:
    if column not in known:
        raise AttributeRuleError(f"{where}: there is no such column {column!r} here; known are {', '.join(known)}")
    return str(column)

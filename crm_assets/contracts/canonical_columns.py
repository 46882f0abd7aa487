"""The columns that a mapping file can feed, by what a file loads: those of the contracts, but for the few named here.

A column that is added to one of these contracts can be mapped at once; a mapping may leave it out where it is nullable.
How a mapping is read, and how it becomes SQL, does not belong here.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from crm_assets.contracts.base import Column, Table, columns, key
from crm_assets.contracts.branches import Branches
from crm_assets.contracts.customers import Customers
from crm_assets.contracts.daily_signals import DailySignals
from crm_assets.contracts.incomes import Incomes
from crm_assets.contracts.leads import Leads
from crm_assets.contracts.marketing_responses import MarketingResponses
from crm_assets.contracts.products import Products
from crm_assets.contracts.raw_transactions import RawTransactions

Target = Literal[
    "transactions", "customers", "products", "branches", "daily_signals", "marketing_responses", "incomes", "leads"
]  # fmt: skip
TARGETS: dict[Target, type[Table]] = {
    "transactions": RawTransactions,
    "customers": Customers,
    "products": Products,
    "branches": Branches,
    "daily_signals": DailySignals,
    "marketing_responses": MarketingResponses,
    "incomes": Incomes,
    "leads": Leads,
}
NOT_MAPPED: dict[Target, dict[str, str]] = {  # column: where it comes from instead
    "transactions": {
        "month": "that of purchased_at",
        "line_no": "numbered when the lines of all files are together",
        "record_type": "one for all rows of a file, by the mapping's record_type, or return, by its returns",
    },
    "daily_signals": {
        "signal": "a file has a column for each, named by the mapping's signals",
        "value": "what stands in that column",
    },
}


@cache
def canonical_columns(loads: Target) -> tuple[Column, ...]:
    """The columns of a target that a mapping can feed: first those that it must, then the others, each in the order of
    the contract."""
    mapped = [c for c in columns(TARGETS[loads]) if c.name not in NOT_MAPPED.get(loads, {})]
    return tuple(sorted(mapped, key=lambda c: c.nullable))


def required(loads: Target) -> list[str]:
    """The columns that a mapping must feed."""
    return [c.name for c in canonical_columns(loads) if not c.nullable]


def optional(loads: Target) -> list[str]:
    """The columns that a mapping may leave out; they are null then."""
    return [c.name for c in canonical_columns(loads) if c.nullable]


def required_days(loads: Target) -> list[str]:
    """The days that a row must have, beside those of its key."""
    needed = [c for c in canonical_columns(loads) if c.sql_type == "DATE" and not c.nullable]
    return [c.name for c in needed if c.name not in key(TARGETS[loads])]


def decimals(loads: Target) -> dict[str, int]:
    """The columns that are numbers → how many decimals each keeps."""
    types = {c.name: c.sql_type for c in canonical_columns(loads)}
    return {name: int(t.rstrip(")").split(",")[1]) for name, t in types.items() if t.startswith("DECIMAL")}


def allowed_values(loads: Target, name: str) -> tuple[str, ...]:
    """The values that a column admits; none = any."""
    checks = TARGETS[loads].to_schema().columns[name].checks
    return tuple(value for check in checks if check.name == "isin" for value in check.statistics["allowed_values"])

"""Queries that a reader can run by hand: what a figure was read with, literal dates and all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import identifier, is_monthly, key
from crm_assets.warehouse import Session, written_out


def of_table(name: str, month: date) -> str | None:
    """The month's rows of a table in the order of its key, of a table without months all rows; None where there is no
    such table."""
    if name not in CONTRACTS:
        return None
    contract = CONTRACTS[name]
    chosen = f" where month = date '{month}'" if is_monthly(contract) else ""
    order = ", ".join(identifier(column) for column in key(contract) if column != "month" or not is_monthly(contract))
    return f"select * from {identifier(name)}{chosen}" + (f" order by {order}" if order else "")


@dataclass
class Asked:
    """Reads frames by name and keeps the very text that each was read with.

    Attributes:
        texts: the queries by name, literals in place of parameters.
    """

    session: Session
    parameters: Mapping[str, Any]
    texts: dict[str, str] = field(default_factory=dict)

    def frame(self, name: str, sql: str, **parameters: Any) -> pd.DataFrame:
        """The result of the query, run as it is kept."""
        text = written_out(sql, **{**self.parameters, **parameters})
        self.texts[name] = text
        return self.session.frame(text)


def tables_of(query: str) -> list[str]:
    """The tables that a query names, in its order, each once."""
    found = re.findall(r"\b(?:from|join)\s+\"?(\w+)", query, re.IGNORECASE)
    return list(dict.fromkeys(name for name in found if name in CONTRACTS))

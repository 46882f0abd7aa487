"""Association rules of everybody's receipts of the last month, by our queries; and the limits that all ways keep to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from crm_assets.bench.peers.inputs import Inputs
from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import ddl, literal
from crm_assets.merchandising.baskets import EVERYBODY_NO, Baskets, lay_baskets
from crm_assets.merchandising.itemsets import Limits, frequent_itemsets
from crm_assets.merchandising.rules import rules_of
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

SUPPORT, CONFIDENCE, LONGEST = 0.005, 0.3, 4


def measured(folder: Path) -> dict[str, Any]:
    return {"rules": len(found_rules(Inputs.read(folder)))}


def found_rules(
    inputs: Inputs, support: float = SUPPORT, confidence: float = CONFIDENCE
) -> set[tuple[frozenset[str], frozenset[str]]]:
    """Antecedents and consequents of the rules with at least this support and confidence."""
    with duckdb.connect() as connection:
        session = Session(connection)
        session.execute(f"set memory_limit = {literal(Settings.read().memory_limit)}")
        session.execute(ddl(CONTRACTS["customer_types"]))  # without a row: mlxtend knows no types
        lines = literal(str(inputs.lines))
        session.execute(f"create view raw_transactions as select * from read_parquet({lines})")
        of, limits = (
            Baskets("receipt", inputs.month, inputs.month, inputs.month, ""),
            Limits(support, 1, LONGEST, 50_000),
        )
        segments = lay_baskets(session, of, limits.least)
        found = frequent_itemsets(session, segments, limits)
        everybody = next(s for s in segments if s.number == EVERYBODY_NO)
        rules = rules_of(found[EVERYBODY_NO], everybody.baskets, confidence)
        names = dict(session.rows("select item, product_id from basket_articles"))
    kept = rules[rules["passes_confidence"]]
    pairs = zip(kept["antecedents"], kept["consequents"], strict=True)
    return {(frozenset(names[i] for i in a), frozenset(names[i] for i in c)) for a, c in pairs}

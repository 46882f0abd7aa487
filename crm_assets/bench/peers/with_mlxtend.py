"""The same rules by mlxtend's FP-growth, on the sparse matrix that its documentation makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
from mlxtend.frequent_patterns import association_rules, fpgrowth
from mlxtend.preprocessing import TransactionEncoder

from crm_assets.bench.peers.inputs import Inputs
from crm_assets.bench.peers.rules import CONFIDENCE, LONGEST, SUPPORT

USED = ["customer_id", "receipt_id", "product_id", "record_type", "amount"]


def measured(folder: Path) -> dict[str, Any]:
    return {"rules": len(found_rules(Inputs.read(folder)))}


def found_rules(
    inputs: Inputs, support: float = SUPPORT, confidence: float = CONFIDENCE
) -> set[tuple[frozenset[str], frozenset[str]]]:
    """As ``rules``."""
    matrix = _baskets(inputs)
    sets = fpgrowth(matrix, min_support=support, use_colnames=True, max_len=LONGEST)
    rules = association_rules(sets, metric="confidence", min_threshold=confidence)
    return set(zip(rules["antecedents"], rules["consequents"], strict=True))


def _baskets(inputs: Inputs) -> pd.DataFrame:
    """A row per receipt, a column per article."""
    lines = pq.read_table(inputs.lines, columns=USED, filters=[("month", "=", inputs.month)]).to_pandas()
    bought = lines[(lines["record_type"] == "product") & lines["product_id"].notna() & (lines["amount"] > 0)]
    baskets = bought.groupby(["customer_id", "receipt_id"], sort=False)["product_id"].agg(list)
    encoder = TransactionEncoder().fit(baskets)
    return pd.DataFrame.sparse.from_spmatrix(encoder.transform(baskets, sparse=True), columns=encoder.columns_)

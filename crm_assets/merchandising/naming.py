"""Rules as the table has them: sides as lists of product_ids, names to read beside them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pandas as pd

from crm_assets.merchandising.itemsets import Items

Article = tuple[int, str, str | None]  # item, product_id, name
SIDES = {"antecedents": "antecedent", "consequents": "consequent"}
TOGETHER = " + "


def named_rules(
    parts: Sequence[pd.DataFrame], articles: Sequence[Article], segment_names: Mapping[str, str | None]
) -> pd.DataFrame:
    """The columns of ``association_rules`` but for month and as_of.

    Args:
        parts: of ``rules_of``, with segment_id, segment_baskets, all_baskets and rules_asked.
        articles: every one that a rule names.
    """
    ids = {item: product for item, product, _ in articles}
    names = {item: name or product for item, product, name in articles}
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_WITHOUT_RULES)
    left, right = whole["antecedents"], whole["consequents"]
    new = {f"{SIDES[side.name]}_names": [_joined(names, items) for items in side] for side in (left, right)}
    new |= {side.name: [id_list(ids, items) for items in side] for side in (left, right)}
    new["segment_name"] = [segment_names.get(i) for i in whole["segment_id"]]
    texts = {name: pd.Series(values, index=whole.index, dtype="str") for name, values in new.items()}
    return whole.assign(items=left.map(len).add(right.map(len)).astype("int64"), **texts)


_WITHOUT_RULES = [
    "segment_id", "segment_baskets", "all_baskets", "rules_asked", "rank", "antecedents", "consequents", "baskets",
    "antecedent_baskets", "consequent_baskets", "antecedent_support", "consequent_support", "support", "confidence",
    "lift", "leverage", "conviction", "zhangs_metric", "passes_confidence",
]  # fmt: skip


def id_list(ids: Mapping[int, str], items: Items) -> str:
    """A side of a rule as one text that can be read back, whatever signs the ids have: a JSON list, in the order of the
    ids."""
    return json.dumps([ids[i] for i in items], ensure_ascii=False)


def _joined(names: Mapping[int, str], items: Items) -> str:
    return TOGETHER.join(names[i] for i in items)


def item_rows(rules: pd.DataFrame, articles: Sequence[Article]) -> list[dict[str, object]]:
    """The rows of ``association_rule_items`` but for month and as_of, of ``named_rules``."""
    names = {product: name for _, product, name in articles}
    return [
        {"segment_id": r["segment_id"], "rank": r["rank"], "side": side, "product_id": product,
         "product_name": names[product]}
        for r in rules[["segment_id", "rank", *SIDES]].to_dict("records")
        for column, side in SIDES.items()
        for product in json.loads(r[column])
    ]  # fmt: skip

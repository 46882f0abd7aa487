"""A month of movement with planted numbers, for the tests of the report: two months of an invented shop."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binomtest

# from, to: customers, of them with a purchase in the month
PAIRS = {
    ("corona_averse", "corona_averse"): (9_800, 410),
    ("corona_averse", "novice"): (620, 620),
    ("corona_averse", "lapsed"): (212, 0),
    ("novice", "novice"): (6_100, 4_020),
    ("novice", "corona_averse"): (900, 0),
    ("novice", "pro"): (310, 310),
    ("master", "master"): (2_050, 2_049),
    ("master", "pro"): (90, 61),
    ("pro", "pro"): (4_400, 4_210),
    ("pro", "master"): (187, 187),
    ("pro", "novice"): (154, 12),
    ("new", "new"): (3_100, 420),
    ("new", "novice"): (380, 380),
    ("lapsed", "lapsed"): (360, 0),
    ("lapsed", "corona_averse"): (24, 24),
    ("first_purchase", "new"): (457, 457),
}
REASONS = {
    ("corona_averse", "novice", "recency"): 600,
    ("corona_averse", "novice", "model"): 20,
    ("corona_averse", "lapsed", "no_purchase"): 212,
    ("novice", "corona_averse", "recency"): 900,
    ("novice", "pro", "frequency"): 200,
    ("novice", "pro", "monetary"): 110,
    ("master", "pro", "model"): 90,
    ("pro", "master", "monetary"): 187,
    ("pro", "novice", "recency"): 104,
    ("pro", "novice", "model"): 50,
    ("new", "novice", "receipts"): 380,
    ("lapsed", "corona_averse", "returned"): 24,
}
PREDICTED = {  # the new customers of the pairs above, by the type predicted for them
    ("novice", "new"): (2_200, 300),
    ("novice", "novice"): (350, 350),
    ("pro", "new"): (900, 120),
    ("pro", "novice"): (30, 30),
}
RECEIPT = 31_000


def movement_tables() -> dict[str, pd.DataFrame]:
    migration = pd.concat([_matrix("type", PAIRS), _matrix("predicted_type", PREDICTED)], ignore_index=True)
    reasons = pd.DataFrame(
        [(*k, n) for k, n in REASONS.items()], columns=["from_state", "to_state", "reason", "customers"]
    )
    return {"segment_migration": migration, "segment_retention": _retention(migration), "move_reasons": reasons}


def first_movement_tables() -> dict[str, pd.DataFrame]:
    """The first month of history."""
    nothing = {name: frame.iloc[:0] for name, frame in movement_tables().items()}
    return nothing | {"segment_migration": _matrix("type", {("first_purchase", "new"): (900, 900)})}


def _matrix(scheme: str, pairs: dict[tuple[str, str], tuple[int, int]]) -> pd.DataFrame:
    rows = [(scheme, *states, *counts) for states, counts in pairs.items()]
    frame = pd.DataFrame(rows, columns=["scheme", "from_state", "to_state", "customers", "bought"])
    for state, share in (("from_state", "share_of_from"), ("to_state", "share_of_to")):
        frame[share] = frame["customers"] / frame.groupby(state)["customers"].transform("sum")
    known = (frame["from_state"] != "first_purchase").astype(int)
    return frame.assign(
        revenue_before=frame["customers"] * 10 * RECEIPT * known,
        revenue_after=frame["customers"] * 11 * RECEIPT,
        revenue_month=frame["bought"] * RECEIPT,
        measured=frame["customers"] * known,
        model_changed=1,
    )


def _retention(migration: pd.DataFrame) -> pd.DataFrame:
    rows = []
    known = migration[migration["from_state"] != "first_purchase"]
    for (scheme, state), group in known.groupby(["scheme", "from_state"]):
        same = group["to_state"] == ("new" if scheme == "predicted_type" else state)
        lapsed = ~same & (group["to_state"] == "lapsed")
        row = {"scheme": scheme, "from_state": state, "customers": int(group["customers"].sum())}
        row |= {"revenue_month": float(group["revenue_month"].sum()), "bought": int(group["bought"].sum())}
        for name, chosen in (("stayed", same), ("lapsed", lapsed), ("moved", ~same & ~lapsed)):
            row[name] = int(group.loc[chosen, "customers"].sum())
        for name in ("stayed", "moved", "lapsed", "bought"):
            interval = binomtest(row[name], row["customers"]).proportion_ci(0.95, method="wilson")
            row |= {f"{name}_share": row[name] / row["customers"]}
            row |= {f"{name}_lower": interval.low, f"{name}_upper": interval.high}
        rows.append(row)
    return pd.DataFrame(rows)

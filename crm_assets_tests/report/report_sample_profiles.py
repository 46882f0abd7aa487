"""Attribute segments, cells of type and band, and the profile's newer measures, with planted numbers."""

from __future__ import annotations

import pandas as pd

from crm_assets_tests.report.report_sample import TYPES, sample_month

SEGMENTS = {  # dimension: kind, group: (customers, share of revenue)
    "demographic": (
        "demographic",
        {"female·40대": (7_111, 0.40), "male·20대": (1_640, 0.02), "female·70대": (350, 0.01)},
    ),
    "geographic": ("geographic", {f"Z{i:02d}": (2_000 - 90 * i, 0.12 - 0.006 * i) for i in range(1, 18)}),
    "usage": ("behavioural", {"weekly": (9_100, 0.86), "paused": (11_550, 0.06), "occasional": (450, 0.01)}),
    "loyalty": ("behavioural", {"low": (8_960, 0.03), "mid": (8_660, 0.09), "high": (8_770, 0.88)}),
}
CELLS = [  # type, band, customers, share of revenue, delta, p, before, retention, others, h, p, what it is valuable in
    ("master", "VIP", 2_000, 0.43, 0.88, 0.0, 1_900, 1.0, 0.5, 1.5, 0.0, None),
    ("master", "Promising", 210, 0.021, 0.64, 0.00004, 180, 0.9, 0.55, 0.82, 0.0123, "both"),
    ("pro", "Loyal customer", 690, 0.012, 0.21, 0.0001, 750, 0.867, 0.55, 0.73, 0.0, "retention"),
    ("novice", "Promising", 11, 0.0002, None, None, None, None, None, None, None, None),
]
CONVERSION = {
    "potential_loyal_customers": (19_080.0, "customers", 19_080),
    "loyal_customers": (7_237.0, "customers", 7_237),
    "potential_loyal_ratio": (2.636, "ratio", 26_317),
    "monetary_mean_potential_loyal": (1_997_000.0, "currency", 19_080),
    "monetary_mean_loyal": (12_965_500.0, "currency", 7_237),
    "loyal_conversion_share": (0.1, "share", 19_080),
    "loyal_conversion_revenue": (20_928_000_000.0, "currency", 19_080),
}


def attribute_sizes() -> pd.DataFrame:
    rows = []
    for dimension, (kind, groups) in SEGMENTS.items():
        base = sum(n for n, _ in groups.values())
        rows += [
            {
                "dimension": dimension,
                "kind": kind,
                "category": category,
                "customers": n,
                "base": base,
                "customer_share": n / base,
                "revenue": share * 1e9,
                "revenue_share": share,
                "recency_days_mean": 20.5,
                "frequency_mean": 14.2,
                "monetary_mean": share * 1e9 / n,
            }
            for category, (n, share) in groups.items()
        ]
    return pd.DataFrame(rows)


def attribute_sample() -> pd.DataFrame:
    columns = ["customer_id", "is_existing", "gender", "age_band", "region", "interest_category", "loyalty",
               "purchasing_power"]  # fmt: skip
    rows = [
        ("M1", 1, "female", "40대", "Z17", "유아용품", "high", "mid"),
        ("M2", 1, None, None, None, None, "low", "low"),
        ("M3", 0, "male", "20대", "Z01", None, None, None),
    ]
    return pd.DataFrame(rows, columns=columns)


def hybrid_segments() -> pd.DataFrame:
    names = ["segment_id", "rfm_band", "customers", "revenue_share", "effect", "p_adjusted", "customers_before",
             "retention", "retention_others", "retention_effect", "retention_p_adjusted", "small_valuable"]  # fmt: skip
    frame = pd.DataFrame(CELLS, columns=names)
    frame["customer_share"] = frame["customers"] / 26_317
    frame["revenue"] = frame["revenue_share"] * 5e10
    frame["monetary_mean"] = frame["revenue"] / frame["customers"]
    return frame


def profile_tables() -> dict[str, pd.DataFrame]:
    return {
        "attribute_sizes": attribute_sizes(),
        "attribute_sample": attribute_sample(),
        "hybrid_segments": hybrid_segments(),
    }


def profiles() -> pd.DataFrame:
    """The sample's profiles and the measures that this part adds."""
    rows = [("all", m, "", value, unit, base) for m, (value, unit, base) in CONVERSION.items()]
    whole = sum(facts[2] for facts in TYPES.values())
    means = {"frequency_mean": "receipts", "monetary_mean": "currency", "customers": "customers"}
    for measure, unit in means.items():
        column = {"frequency_mean": 4, "monetary_mean": 5, "customers": 2}[measure]
        value = whole if column == 2 else sum(t[column] * t[2] for t in TYPES.values()) / whole
        rows.append(("all", measure, "", value, unit, whole))
    for place, segment in enumerate([*TYPES, "all"]):
        late = {"under_0.5": 0.5 - 0.1 * place, "0.5-1": 0.2, "1-2": 0.1, "2-4": 0.1, "4+": 0.1 + 0.1 * place}
        rows += [(segment, "churn_risk", c, v, "share", 1_000) for c, v in late.items()]
        rows.append((segment, "churn_risk_median", "", 0.7 + place, "ratio", 1_000))
        rows += [(segment, "loyalty", c, v, "share", 1_000) for c, v in {"low": 0.2, "mid": 0.3, "high": 0.5}.items()]
        rows += [(segment, "product_top", f"상품 {place + i}", 0.02 - 0.003 * i, "share", 1_000) for i in range(5)]
    frame = pd.DataFrame(rows, columns=["segment_id", "measure", "category", "value", "unit", "base"])
    known = sample_month().profiles
    repeated = known["measure"].isin(means) & (known["segment_id"] == "all")
    return pd.concat([known[~repeated], frame.assign(segment_name="")], ignore_index=True)

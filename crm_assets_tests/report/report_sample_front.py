"""Frames of the front page, of the pages of the segments and of the search, with the queries that read them."""

from __future__ import annotations

import json
from datetime import date

import pandas as pd

from crm_assets.months import Snapshot
from crm_assets.report.front_queries import FRONT
from crm_assets.report.search import SEARCHED
from crm_assets.report.segment_reading import OF_SEGMENTS
from crm_assets.warehouse import written_out
from crm_assets_tests.report.campaigns_by_hand import CLAIM, checks, drift, strategies
from crm_assets_tests.report.report_sample import TYPES as KNOWN

TYPES = list(KNOWN)
MONTH, AS_OF = date(2021, 12, 1), date(2021, 12, 31)
SNAPSHOT = Snapshot(MONTH, date(2020, 12, 27), 12)
HOSTILE = "</script><b>'\"&=1+1"  # an id of a customer
IDS = ["M000000001", "M000000002", HOSTILE, "__proto__"]


def queries() -> dict[str, str]:
    """By name of a frame, as ``read_report_data`` writes them."""
    parameters = {**SNAPSHOT.parameters, "most": 3000}
    return {name: written_out(sql, **parameters) for name, sql in {**FRONT, **OF_SEGMENTS, **SEARCHED}.items()}


def front_tables(stopped: bool = False) -> dict[str, pd.DataFrame]:
    """``stopped``: a check failed, and new customers were not scored."""
    two = {"front_customers": (29874, 29012), "front_revenue": (12.3e9, 11.8e9), "front_new": (3210, 3300)}
    two |= {"front_rest": (5120, 5120), "front_lapsed": (310, 290)}
    tables = {name: _two(*pair) for name, pair in two.items()}
    first, second = TYPES[0], TYPES[1]
    tables |= {
        "front_first": pd.DataFrame({"firsts": [412]}),
        "front_moved": pd.DataFrame({"up": [310], "down": [255]}),
        "front_type_size": _two(11184, 11500).assign(segment_id=first),
        "front_type_revenue": _two(4.1e9, 3.6e9).assign(segment_id=second),
        "front_flow": pd.DataFrame({"from_state": [first], "to_state": [second], "customers": [140]}),
        "front_by_model": pd.DataFrame({"moved": [12]}),
        "front_conversion": pd.DataFrame({"customers": [3300], "moved": [502], "moved_share": [502 / 3300]}),
        "front_leaving": pd.DataFrame({"lapsed": [44], "returned": [9]}),
        "front_results": _results(),
        "strategies": strategies().assign(month=pd.Timestamp(MONTH), as_of=pd.Timestamp(AS_OF)),
        "export_checks": checks(passed=not stopped),
        **_segment_tables(),
        **search_tables(),
    }
    if stopped:
        moved = drift()
        failed = tables["export_checks"]
        return tables | {
            "front_failed": failed[~failed["passed"].astype(bool)],
            "front_not_scored": moved[moved["moved"]].assign(customers=3210),
        }
    return tables | _campaign_tables()


def _two(now: float, before: float) -> pd.DataFrame:
    return pd.DataFrame({"now": [now], "before": [before], "difference": [now - before], "change": [now / before - 1]})


def _campaign_tables() -> dict[str, pd.DataFrame]:
    known = strategies()
    rows = known.assign(
        campaign_id="2021-12-" + known["strategy_id"],
        treatment=[4000, 1200, 96],
        control=[1000, 300, 24],
        starts_on=pd.Timestamp("2022-01-01"),
        ends_on=pd.Timestamp("2022-01-30"),
        definition="lifecycle: existing",
        fitting=[7000, 1500, 120],
        in_other_campaigns=[1990, 0, 0],
        without_consent=[10, 0, 0],
        consent_unknown=[0, 1500, 0],
        holdout_share=0.2,
        converted_before=0.31,
        spend_before=81234.5,
        detectable=[0.021, None, None],
        detectable_spend=[None, None, 9120.0],
        month=pd.Timestamp(MONTH),
        as_of=pd.Timestamp(AS_OF),
    )
    rows = rows.assign(
        audience=rows["treatment"] + rows["control"],
        path="audiences/2021-12/" + rows["campaign_id"] + ".csv",
        holdout_path="audiences/2021-12/" + rows["campaign_id"] + "-holdout.csv",
        sha256="0" * 64,
        holdout_sha256="1" * 64,
    )
    sent = {arm: [int(rows[arm].sum())] for arm in ("treatment", "control")}
    reached = {"campaigns": [3], "customers": [900], **sent}
    manifest = [
        "campaign_id", "strategy_id", "kpi", "starts_on", "ends_on", "definition", "fitting", "in_other_campaigns",
        "without_consent", "treatment", "control", "consent_unknown", "holdout_share", "converted_before", "detectable",
        "spend_before", "detectable_spend",
        "path", "sha256", "holdout_path", "holdout_sha256", "month", "as_of",
    ]  # fmt: skip
    return {
        "front_campaigns": rows,
        "front_reached": pd.DataFrame(reached),
        "front_judged": pd.DataFrame({"campaigns": [3]}),
        "campaigns": rows[manifest],
        "strategy_conditions": pd.DataFrame(
            [
                ("bring_back", "rfm_band", "At-Risk"),
                ("bring_back", "rfm_band", "VIP"),
                ("bring_back", "list", "reactivate"),
            ],
            columns=["strategy_id", "trait", "value"],
        ),
        "segment_audiences": pd.concat([rows.assign(segment_id=s) for s in (*TYPES, "none")], ignore_index=True),
    }


def _results() -> pd.DataFrame:
    rows = [
        ("bring_back", "purchase", "conversion", 400, 100, 0.06, 0.02, 0.1, "better"),
        ("fuller_basket", "spend", "spend_cuped", 400, 100, -9000.0, -16000.5, -2000.0, "worse"),
        ("gone", "purchase", "conversion", 40, 10, None, None, None, "too_few"),
    ]
    names = ["strategy_id", "kpi", "metric", "treatment", "control", "difference", "difference_low", "difference_high"]
    found = pd.DataFrame(rows, columns=[*names, "verdict"])
    titles = strategies().set_index("strategy_id")[["title_ko", "title_en"]]
    return found.join(titles, on="strategy_id").assign(campaign_id="2021-10-" + found["strategy_id"])


def _segment_tables() -> dict[str, pd.DataFrame]:
    months = pd.date_range("2021-01-01", MONTH, freq="MS")
    history = [
        {"month": m, "segment_id": s, "measure": measure, "value": (1000.0 + 10 * i) * scale, "unit": unit}
        for s in TYPES
        for measure, unit, scale in (("customers", "customers", 1), ("revenue", "currency", 1e5))
        for i, m in enumerate(months)
    ]
    known = strategies()
    chosen = [
        known.assign(
            segment_id=s,
            rfm_band=band,
            customers=n,
            peak_hour_from=[17, None, None],
            peak_hour_to=[19, None, None],
            peak_share=[0.284, None, None],
            evidence=[json.dumps([CLAIM]), "[]", "[]"],
        )
        for s in (*TYPES, "none")
        for band, n in (("VIP", 120), ("At-Risk", 40), ("none", 3))
    ]
    sources = [(s, "assigned", "existing", 1000) for s in TYPES] + [(TYPES[0], "predicted", "new", 200)]
    sources += [("none", "abstained", "new", 88)]
    offers = [(s, "fuel", 162, 1689.0, 1) for s in (*TYPES, "none")]
    return {
        "segment_history": pd.DataFrame(history),
        "segment_sources": pd.DataFrame(sources, columns=["segment_id", "source", "lifecycle", "customers"]),
        "segment_untyped_history": pd.DataFrame({"month": months, "customers": range(len(months))}),
        "segment_strategies": pd.concat(chosen, ignore_index=True),
        "segment_results": _results().assign(month=pd.Timestamp("2021-11-01"), segment_id=TYPES[0]),
        "segment_offers": pd.DataFrame(offers, columns=["segment_id", "offer_id", "customers", "benefit", "rank"]),
        "segment_articles_of_none": pd.DataFrame({"product_id": ["p1"], "name": ["두부"], "customers": [31]}),
    }


def search_tables() -> dict[str, pd.DataFrame]:
    """Four customers: one treated, one held out, one of a hostile id without anything, one without a type."""
    customers = pd.DataFrame(
        {
            "customer_id": IDS,
            "receipts": [71, 12, 1, 2],
            "last_purchase_date": pd.to_datetime(["2021-12-30", "2021-11-02", "2021-12-01", "2021-10-10"]),
            "segment_id": [TYPES[0], TYPES[1], TYPES[0], None],
            "source": ["assigned", "assigned", "predicted", "abstained"],
            "rfm_band": ["VIP", "At-Risk", None, None],
            "monetary": [4_780_000.0, 310_000.0, None, None],
            "probability": [0.012, 0.873, None, None],
            "consent": ["yes", None, None, "no"],
        }
    )
    campaigns = [(IDS[0], "bring_back", "treatment"), (IDS[1], "fuller_basket", "control")]
    articles = [(IDS[0], "p1", "두부"), (IDS[0], "p2", "=HYPERLINK(1)</script>")]
    return {
        "search_customers": customers,
        "search_campaigns": pd.DataFrame(campaigns, columns=["customer_id", "strategy_id", "arm"]),
        "search_articles": pd.DataFrame(articles, columns=["customer_id", "product_id", "name"]),
        "search_offers": pd.DataFrame([(IDS[0], "fuel", 1689.5)], columns=["customer_id", "offer_id", "net_benefit"]),
    }

"""Campaigns of a made shop by hand, for the pages that tell of them: their own tables may be empty in a small shop."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import table_name
from crm_assets.months import last_day
from crm_assets.warehouse import Session

STRATEGIES = [  # id, goal, channel, owner, kpi, window, title, action
    ("bring_back", "win_back", "kakao", "crm", "purchase", 30,
     ("다시 찾게 하기", "Bring them back"), ("돌아오는 쿠폰을 보냅니다.", "Send a coupon to come back.")),
    ("second_visit", "welcome", "push", "crm", "purchase", 30,
     ("두 번째 방문 돕기", "The second visit"), ("어울리는 상품을 권합니다.", "Recommend what goes with it.")),
    ("fuller_basket", "basket", "app", "merchandising", "spend", 60,
     ("한 번에 더 담기 <b>&", "Fuller baskets"),
     ("함께 담는 상품을 보여 줍니다.", "Show what goes into the same basket.")),
]  # fmt: skip
TRIGGER = ("마지막 구매가 오래된 고객", "No purchase for long")
CLAIM = {
    "measure": "monetary", "category": "", "direction": "below", "unit": "currency", "value": 350000.0,
    "value_others": 5800000.0, "effect": -0.81, "effect_kind": "cliffs_delta", "p_adjusted": 0.0001,
}  # fmt: skip


def put(session: Session, name: str, month: date, rows: pd.DataFrame) -> None:
    """In place of the month's rows of a table."""
    frame = rows.assign(month=pd.Timestamp(month), as_of=pd.Timestamp(last_day(month)))
    contract = CONTRACTS[name]
    with session.transaction():
        session.replace(contract, session.stage_frame(contract, frame), "month = :month", month=month)
    assert table_name(contract) == name


def strategies() -> pd.DataFrame:
    rows = []
    for place, (name, goal, channel, owner, kpi, window, title, action) in enumerate(STRATEGIES, start=1):
        texts = {"title": title, "trigger": TRIGGER, "action": action}
        rows.append(
            {
                "strategy_id": name, "place": place, "origin": "own", "goal": goal, "channel": channel, "owner": owner,
                "kpi": kpi, "window_days": window, "at_peak_hours": place == 1, "brings": "recommendations",
                **{f"{text}_ko": pair[0] for text, pair in texts.items()},
                **{f"{text}_en": pair[1] for text, pair in texts.items()},
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def put_campaigns(session: Session, month: date) -> None:
    """Strategies, choices, audiences, campaigns, results and passed checks of a month."""
    put(session, "strategies", month, strategies())
    put(session, "strategy_choices", month, _choices(session, month))
    audiences = _audiences(session, month)
    put(session, "audiences", month, audiences)
    put(session, "campaigns", month, _campaigns(audiences, month))
    put(session, "campaign_results", month, _results())
    put(session, "campaign_outcomes", month, _outcomes())
    put(session, "export_checks", month, checks(passed=True))


def checks(passed: bool) -> pd.DataFrame:
    rows = [
        ("scoring", True, 0.02, "receipt_amount_mean, above 52000.5: 10.0% → 11.7%"),
        ("type_shares", passed, 0.04 if passed else 0.37, "corona_averse: 34.1% → 52.0%"),
        ("recency", True, 0.021, "above 12.0: 20.0% → 22.5%"),
        ("receipt_amounts", True, 0.003, "least: 10.0% → 10.2%"),
    ]
    return pd.DataFrame(rows, columns=["name", "passed", "psi", "what"]).assign(threshold=0.25)


def drift() -> pd.DataFrame:
    rows = [("receipt_amount_mean", 0.41, True, "above 52000.5: 10.0% → 31.7%"), ("gender", 0.02, False, None)]
    return pd.DataFrame(rows, columns=["name", "psi", "moved", "change"])


def _choices(session: Session, month: date) -> pd.DataFrame:
    found = session.frame(
        """select coalesce(t.segment_id, 'none') as segment_id, coalesce(r.rfm_band, 'none') as rfm_band,
            count(*) as of_customers
        from customer_types t left join rfm_scores r on r.month = t.month and r.customer_id = t.customer_id
        where t.month = :month group by coalesce(t.segment_id, 'none'), coalesce(r.rfm_band, 'none')""",
        month=month,
    )
    parts = [
        found.assign(
            strategy_id=name,
            rank=place,
            customers=(found["of_customers"] / place).clip(lower=1).astype(int),
            peak_hour_from=17 if place == 1 else None,
            peak_hour_to=19 if place == 1 else None,
            peak_share=0.284 if place == 1 else None,
            evidence=json.dumps([CLAIM] if place == 1 else []),
        )
        for place, (name, *_) in enumerate(STRATEGIES, start=1)
    ]
    return pd.concat(parts, ignore_index=True)


def _audiences(session: Session, month: date) -> pd.DataFrame:
    rows = session.frame(
        """select l.customer_id, coalesce(t.segment_id, 'none') as segment_id,
            coalesce(r.rfm_band, 'none') as rfm_band, row_number() over (order by l.customer_id) as place
        from customer_lifecycles l
        left join customer_types t on t.month = l.month and t.customer_id = l.customer_id
        left join rfm_scores r on r.month = l.month and r.customer_id = l.customer_id
        where l.month = :month order by l.customer_id""",
        month=month,
    )
    which = rows["place"] % (len(STRATEGIES) + 1)  # a part of the customers is in no campaign
    rows = rows[which < len(STRATEGIES)].assign(number=which)
    by_number = dict(enumerate(STRATEGIES))
    starts = last_day(month) + timedelta(days=1)
    return rows.assign(
        strategy_id=rows["number"].map(lambda n: by_number[n][0]),
        campaign_id=rows["number"].map(lambda n: f"{month:%Y-%m}-{by_number[n][0]}"),
        channel=rows["number"].map(lambda n: by_number[n][2]),
        holdout_share=0.2,
        arm=(rows["place"] % 5 == 0).map({True: "control", False: "treatment"}),
        preferred_channel=None,
        send_hour=None,
        offer_id=None,
        offer_net_benefit=None,
        product_1=None,
        product_2=None,
        product_3=None,
        bundle=None,
        consent=None,
        starts_on=pd.Timestamp(starts),
        ends_on=rows["number"].map(lambda n: pd.Timestamp(starts + timedelta(days=by_number[n][5] - 1))),
    ).drop(columns=["place", "number"])


def _campaigns(audiences: pd.DataFrame, month: date) -> pd.DataFrame:
    kpis = {name: kpi for name, _, _, _, kpi, *_ in STRATEGIES}
    rows = []
    for campaign, own in audiences.groupby("campaign_id", sort=True):
        first, control = own.iloc[0], int((own["arm"] == "control").sum())
        folder = f"audiences/{month:%Y-%m}/{campaign}"
        rows.append(
            {
                "campaign_id": campaign, "strategy_id": first["strategy_id"], "kpi": kpis[first["strategy_id"]],
                "starts_on": first["starts_on"], "ends_on": first["ends_on"], "definition": "lifecycle: existing",
                "fitting": len(own) + 7, "in_other_campaigns": 5, "without_consent": 2, "treatment": len(own) - control,
                "control": control, "consent_unknown": len(own), "holdout_share": 0.2, "converted_before": 0.31,
                "detectable": 0.052, "spend_before": 81234.5, "detectable_spend": 9120.0,
                "path": f"{folder}.csv", "sha256": "0" * 64,
                "holdout_path": f"{folder}-holdout.csv", "holdout_sha256": "1" * 64,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _results() -> pd.DataFrame:
    rows = [
        ("bring_back", "purchase", "conversion", (0.21, 0.15, 0.06, 0.02, 0.10), "better"),
        ("fuller_basket", "spend", "spend_cuped", (52000.0, 61000.0, -9000.0, -16000.5, -2000.0), "worse"),
        ("gone", "purchase", "conversion", (0.5, None, None, None, None), "too_few"),
    ]
    means = ("treatment_mean", "control_mean", "difference", "difference_low", "difference_high")
    found = [
        {"strategy_id": name, "kpi": kpi, "metric": metric, "verdict": verdict, "segment_id": segment}
        | dict(zip(means, figures, strict=True))
        for segment in ("all", "corona_averse")
        for name, kpi, metric, figures, verdict in rows
    ]
    counts = {"treatment": 400, "control": 100, "p": 0.01, "p_adjusted": 0.02, "srm_p": 0.5}
    frame = pd.DataFrame(found).assign(**counts, lift=None, variance_reduction=None)
    return frame.assign(campaign_id="2021-01-" + frame["strategy_id"])


def _outcomes() -> pd.DataFrame:
    """Behind the results: who was in an arm; the sums are not looked at."""
    rows = _results().drop_duplicates(["campaign_id", "segment_id"])
    sums = ["spend", "spend_squares", "spend_before", "spend_before_squares", "spend_products"]
    arms = [
        rows.assign(arm=arm, customers=rows[arm], converted=0, told=None, **dict.fromkeys(sums, 0))
        for arm in ("treatment", "control")
    ]
    names = ["campaign_id", "segment_id", "arm", "strategy_id", "kpi", "customers", "told", "converted", *sums]
    days = {"starts_on": pd.Timestamp("2021-02-01"), "ends_on": pd.Timestamp("2021-03-02")}
    return pd.concat(arms, ignore_index=True)[names].assign(holdout_share=0.2, **days)

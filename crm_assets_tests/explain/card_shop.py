"""A shop of six customers whose cards are told: new ones, one without a prediction, existing, untyped, lapsed ones.

Filled by hand, month by month, with the rows that a card reads; the last month is March 2021.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

from crm_assets.months import Snapshot, add_months, last_day
from crm_assets.warehouse import Session
from crm_assets_tests import lifecycles
from crm_assets_tests.prediction.feature_shop import insert
from crm_assets_tests.report.report_sample_evidence import claims

JANUARY, FEBRUARY, MARCH = date(2021, 1, 1), date(2021, 2, 1), date(2021, 3, 1)
NEW, SURE, SILENT, EXISTING, UNTYPED, LAPSED = "M412637909", "M2", "M3", "M4", "M5", "M6"
TRAINED = date(2021, 1, 31)
BASE, PARTS, REST, MARGIN = -0.41, (0.652, -0.1204, 0.0833), 0.3111, 0.516

PEOPLE = {NEW: ("female", "20대", "Z17"), EXISTING: ("male", "40대", None)}
TYPES = [  # month, customer, lifecycle, receipts, type, source
    (FEBRUARY, NEW, "new", 1, None, "abstained"),
    (MARCH, NEW, "new", 1, None, "abstained"),
    (MARCH, SURE, "new", 2, "master", "predicted"),
    (MARCH, SILENT, "new", 2, None, "none"),
    (FEBRUARY, EXISTING, "existing", 5, "pro", "assigned"),
    (MARCH, EXISTING, "existing", 9, "pro", "assigned"),
    (MARCH, UNTYPED, "existing", 4, None, "none"),
    (MARCH, LAPSED, "lapsed", 4, "novice", "carried"),
]
ASSIGNED = {  # month: type
    EXISTING: {-4: "pro", -2: "master", -1: "pro", 0: "pro"},  # of -3 none: the type since -1
    LAPSED: {-5: "master", -4: "novice"},
}
RECEIPTS = [  # customer, receipt, kind, time, channel, partner, products and amounts
    (NEW, "A02199868530", "product", datetime(2021, 1, 26, 19), "offline", "A02",
     [("P1", 500), ("P2", 1380), ("P3", 1260)]),
    (SURE, "A1", "product", datetime(2021, 3, 2, 9), "online", "A01", [("P1", 1000 + i) for i in range(12)]),
    (SURE, "C1", "service", datetime(2021, 3, 5, 12), None, "C01", [(None, 9000)]),
    (SILENT, "A2", "product", datetime(2021, 3, 6, 9), None, None, [("P9", 700)]),
    (SILENT, "A3", "product", datetime(2021, 3, 7, 9), None, None, [("P4", 700)]),
    (EXISTING, "A40", "product", datetime(2021, 2, 3, 9), "offline", "A01", [("P1", 1)]),
    *[(c, f"A{c}", "product", datetime(2021, 3, 8, 9), "offline", "A01", [("P1", 1)]) for c in (EXISTING, UNTYPED)],
    (LAPSED, "A6", "product", datetime(2020, 11, 8, 9), "offline", "A01", [("P1", 1)]),
]  # fmt: skip
PRODUCTS = [
    ("P1", "수납함", "생활용품", "주방정리용품/소모품"),
    ("P2", "볶음밥", "식품", "냉장간편식"),
    ("P3", None, "식품", "향신료"),
    ("P4", "\x1b[31mred\x07", None, None),
]


def fill(session: Session) -> None:
    _people_and_receipts(session)
    _types(session)
    _predictions(session)
    _window(session)
    _indices(session)
    _figures(session)
    _strategies(session)


def _people_and_receipts(session: Session) -> None:
    names = ("customer_id", "gender", "age_band", "region")
    insert(session, "customers", [dict(zip(names, (c, *known), strict=True)) for c, known in PEOPLE.items()])
    names = ("product_id", "name", "category_major", "category_middle")
    insert(session, "products", [dict(zip(names, product, strict=True)) for product in PRODUCTS])
    receipts, lines = [], []
    for customer, receipt_id, kind, at, channel, partner, bought in RECEIPTS:
        common = {"month": at.date().replace(day=1), "customer_id": customer, "receipt_id": receipt_id,
                  "record_type": kind, "purchased_at": at, "channel": channel, "partner_id": partner}  # fmt: skip
        receipts.append(
            {**common, "purchase_date": at.date(), "lines": len(bought), "amount": Decimal(sum(a for _, a in bought))}
        )
        for line_no, (product, amount) in enumerate(bought, 1):
            lines.append({**common, "line_no": line_no, "product_id": product, "amount": Decimal(amount)})
    returned = {**lines[0], "record_type": "return", "amount": Decimal(-500)}  # no purchase
    insert(session, "receipts", receipts)
    insert(session, "raw_transactions", [*lines, returned])
    for month in (FEBRUARY, MARCH):
        lifecycles.count(session, Snapshot(month, add_months(MARCH, -5), 12))


def _types(session: Session) -> None:
    names = ("month", "customer_id", "lifecycle", "receipts", "segment_id", "source")
    insert(session, "customer_types", [dict(zip(names, row, strict=True)) for row in TYPES])
    insert(
        session,
        "cluster_assignments",
        [
            {"month": add_months(MARCH, place), "customer_id": customer, "segment_id": segment, "distance": 4.25,
             "is_outlier": True, "outlier_feature": "monetary", "fitted_as_of": TRAINED}
            for customer, months in ASSIGNED.items() for place, segment in months.items()
        ],
    )  # fmt: skip
    rows = claims()
    insert(session, "segment_claims", rows.assign(month=MARCH, as_of=last_day(MARCH)).to_dict("records"))


def _predictions(session: Session) -> None:
    columns = ("age_band", "receipt_amount_mean", "channel_mode")
    values = ("20대", 3140.0, None)
    top = [{"column": c, "value": v, "contribution": p} for c, v, p in zip(columns, values, PARTS, strict=True)]
    unsure = {"corona_averse": 0.381234, "novice": 0.3, "pro": 0.2, "master": 0.118766}
    sure = {"corona_averse": 0.1, "novice": 0.05, "pro": 0.05, "master": 0.8}
    common = {"margin": MARGIN, "reasons": json.dumps({"base": BASE, "top": top, "rest": REST}), "horizon_days": 90,
              "min_probability": 0.4, "trained_as_of": TRAINED}  # fmt: skip
    silent = {"interest": None, "interest_source": None, "loyalty": None, "purchasing_power": None}
    marks = {"interest": "식품", "interest_source": "type", "loyalty": "high", "purchasing_power": "mid"}
    first = {**common, "customer_id": NEW, "segment_id": "corona_averse", "probability": 0.381234, "abstained": True,
             "probabilities": json.dumps(unsure), **silent}  # fmt: skip
    second = {**common, "month": MARCH, "customer_id": SURE, "segment_id": "master", "probability": 0.8,
              "abstained": False, "probabilities": json.dumps(sure), **marks}  # fmt: skip
    insert(session, "new_customer_predictions", [{**first, "month": m} for m in (FEBRUARY, MARCH)] + [second])
    reason = "trained as of 2021-01-31, 2 months old"
    insert(session, "lightgbm_model", [{"month": m, "status": "reused", "reason": reason} for m in (FEBRUARY, MARCH)])


def _window(session: Session) -> None:
    for customer, interval, risk in ((EXISTING, 11.5, 2.0), (UNTYPED, None, None)):
        at = {"month": MARCH, "customer_id": customer}
        scores = {"recency_days": 23, "frequency": 9, "monetary": Decimal("123456"), "r_score": 4, "f_score": 2,
                  "m_score": 3, "rfm_score": 423, "rfm_band": "At-Risk", "rfm_grade": "HLH"}  # fmt: skip
        insert(session, "rfm_scores", [{**at, **scores}])
        insert(session, "churn_risk", [{**at, "recency_days": 23, "interval_days": interval, "churn_risk": risk}])
        attributes = {"interest_category": "식품", "loyalty": "low", "purchasing_power": "high"}
        insert(session, "attribute_segments", [{**at, **attributes}] if interval else [])


def _indices(session: Session) -> None:
    """The new customer carries a label of a share and one of a model; the existing one has an index and no label."""
    at = {"month": MARCH, "population_group": "all"}
    own = {"share": 0.625, "population_share": 0.125, "index_pp": 50.0, "percentile": 99.0}
    silent = {name: None for name in (*own, "score")}
    rows = [
        {**silent, **own, "index_id": "hygiene", "customer_id": NEW, "label_id": "minded"},
        {**silent, "index_id": "dormancy", "customer_id": NEW, "label_id": "risk", "score": 81.6},
        {**silent, **own, "index_id": "hygiene", "customer_id": EXISTING, "label_id": None},
        {**silent, **own, "index_id": "hygiene", "customer_id": SURE, "label_id": "minded", "month": FEBRUARY},
    ]
    insert(session, "customer_indices", [{**at, **row} for row in rows])
    titles = {"hygiene": ("위생 민감 지수", "Hygiene index"), "dormancy": ("휴면 위험 지수", "Risk of dormancy")}
    insert(session, "index_definitions", [
        {**at, "index_id": i, "place": place, "title_ko": ko, "title_en": en, "month": month}
        for place, (i, (ko, en)) in enumerate(titles.items(), 1) for month in (FEBRUARY, MARCH)
    ])  # fmt: skip
    labels = [
        ("hygiene", "minded", "위생 민감형", "Hygiene-minded"),
        ("dormancy", "risk", "휴면 위험(예측)", "At risk"),
    ]
    names = ("index_id", "label_id", "label_ko", "label_en")
    insert(session, "index_labels", [{"month": m, **dict(zip(names, row, strict=True))}
                                     for row in labels for m in (FEBRUARY, MARCH)])  # fmt: skip


STRATEGIES = {  # strategy: goal, channel, what it asks for
    "pens": ("visit", "push", {"segment_id": ["pro", "top"]}),
    "offer": ("offer", "app", {"offer_id": ["fuel", "gone"]}),
    "wallet": ("wallet", "sms", {"wallet_user": ["0"], "gender": ["male"], "rfm_band": ["At-Risk"]}),
    "new": ("welcome", "email", {"lifecycle": ["new"]}),
}
ARMS = {"pens": "treatment", "wallet": "control"}
FITTING = {EXISTING: ["pens", "offer", "wallet"], NEW: ["new"], SURE: ["new"]}


def _strategies(session: Session) -> None:
    """What the asset would make of them; of the existing customer the best offer and the wallet are known."""
    at = {"month": MARCH, "as_of": last_day(MARCH)}
    session.execute("update attribute_segments set wallet_user = 0")
    insert(session, "offer_matches", [{**at, "customer_id": EXISTING, "rank": r, "offer_id": o}
                                      for r, o in ((1, "fuel"), (2, "gone"))])  # fmt: skip
    insert(session, "offers", [{**at, "offer_id": "fuel", "title_ko": "주유 카드", "title_en": "Fuel card"}])
    for place, (strategy, (goal, channel, when)) in enumerate(STRATEGIES.items(), 1):
        texts = {f"{part}_{lang}": f"{part} of {strategy} in {lang}"
                 for part in ("title", "trigger", "action") for lang in ("ko", "en")}  # fmt: skip
        own = {**at, "strategy_id": strategy}
        insert(
            session, "strategies", [{**own, "place": place, "goal": goal, "channel": channel, "owner": "crm", **texts}]
        )
        insert(session, "strategy_conditions", [{**own, "trait": t, "value": v} for t in when for v in when[t]])
    insert(session, "audiences", [
        {**at, "campaign_id": f"2021-03-{s}", "customer_id": EXISTING, "arm": arm, "strategy_id": s}
        for s, arm in ARMS.items()
    ])  # fmt: skip
    claimed = session.rows(
        """select measure, category, direction from segment_claims
        where segment_id = 'pro' and allowed order by rank limit 1"""
    )
    quoted = json.dumps([dict(zip(("measure", "category", "direction"), c, strict=True)) for c in claimed])
    choice = {**at, "segment_id": "pro", "rfm_band": "At-Risk", "strategy_id": "pens", "evidence": quoted}
    insert(session, "strategy_choices", [{**choice, "peak_hour_from": 12, "peak_hour_to": 14}])
    for customer, fitting in FITTING.items():
        segment, band = ("pro", "At-Risk") if customer == EXISTING else (None, None)
        insert(session, "customer_strategies", [
            {**at, "customer_id": customer, "strategy_id": s, "rank": r, "segment_id": segment, "rfm_band": band}
            for r, s in enumerate(fitting, 1)
        ])  # fmt: skip


def _figures(session: Session) -> None:
    """The model's figures when it was trained, and others of another month, which no card may show."""
    rows = []
    for cut, accuracy in (("1", 0.44), ("2", 0.50), ("3", 0.55)):
        for model, less in (("latent_type", 0.0), ("majority", 0.12), ("prior", 0.2)):
            rows += [("cold_start", model, cut, "accuracy", accuracy - less, 1200 + int(cut)),
                     ("cold_start", model, cut, "macro_f1", accuracy - less - 0.02, 1200 + int(cut))]  # fmt: skip
    for floor, accuracy, answered in ((0.0, 0.5, 1.0), (0.35, 0.53, 0.8), (0.4, 0.6, 0.6), (0.8, 0.9, 0.05)):
        rows += [("abstention", "latent_type", f"{floor:.2f}", "accuracy", accuracy, 100),
                 ("abstention", "latent_type", f"{floor:.2f}", "answered", answered, 100)]  # fmt: skip
    rows.append(("abstention", "latent_type", "1.00", "answered", 0.0, 100))
    for number, stated, right in ((1, 0.3, 0.28), (2, 0.4, 0.39), (3, 0.7, 0.66)):
        rows += [("calibration", "latent_type", f"bin_{number:02}", "stated", stated, 30),
                 ("calibration", "latent_type", f"bin_{number:02}", "right", right, 30)]  # fmt: skip
    rows.append(("calibration", "latent_type", "all", "error", 0.02, 90))
    names = ("protocol", "model", "slice", "metric", "value", "base")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    later = TRAINED + timedelta(days=28)
    insert(session, "model_metrics", [{**row, "month": JANUARY, "as_of": TRAINED} for row in found])
    insert(session, "model_metrics", [{**row, "month": FEBRUARY, "as_of": later, "value": 0.99} for row in found])

"""What the sections on new customers read: the model's figures, the month's predictions summed up, a few one by one.

Figures of a model are of the month that trained it, because other months have none of their own.
"""

from __future__ import annotations

from datetime import date

import pandas as pd

from crm_assets.contracts import CONTRACTS
from crm_assets.contracts.base import identifier, key
from crm_assets.contracts.model_metrics import OF_TRAINING
from crm_assets.report.queries import Asked

SAMPLE = 200  # predictions shown one by one
EXAMPLE = "M412637909"  # the customer by which S0 explains the method
OF_THE_MODEL = ("model_comparison", "feature_importance")  # tables of the month that trained the model in use

_METRICS = f"""select model, protocol, slice, metric, value, base from model_metrics
    where (month = :month and protocol not in {OF_TRAINING})
        or (as_of = cast(:trained as date) and protocol in {OF_TRAINING})
    order by model, protocol, slice, metric"""
_PREDICTIONS = """select segment_id, receipts, count(*) as customers,
        sum(case when abstained then 1 else 0 end) as abstained,
        cast(sum(cast(probability as decimal(18,6))) as double) / count(*) as probability_mean
    from new_customer_predictions where month = :month
    group by segment_id, receipts order by segment_id, receipts"""
_SAMPLE = f"""select customer_id, receipts, segment_id, probability, abstained, probabilities, reasons
    from new_customer_predictions where month = :month order by customer_id limit {SAMPLE}"""
_SCORING = """select max(horizon_days) as horizon_days, max(min_probability) as min_probability
    from new_customer_predictions where month = :month"""
_ASKED = """select l.last_purchase_date as last_date, p.horizon_days, count(*) as customers
    from new_customer_predictions p
    join customer_lifecycles l on l.customer_id = p.customer_id and l.month = p.month
    where p.month = :month group by l.last_purchase_date, p.horizon_days order by last_date, p.horizon_days"""
_EXPECTATIONS = """select segment_id, abstained, interest, interest_source, loyalty, purchasing_power,
        count(*) as customers
    from new_customer_predictions where month = :month
    group by segment_id, abstained, interest, interest_source, loyalty, purchasing_power
    order by segment_id, abstained, interest, interest_source, loyalty, purchasing_power"""
_MODEL_HISTORY = """select month, status, reason, trained_as_of, challenger_macro_f1, incumbent_macro_f1,
        compared_customers
    from lightgbm_model where month <= :month order by month"""
_EXAMPLE = """select p.*, c.gender, c.age_band, c.region
    from new_customer_predictions p left join customers c on c.customer_id = p.customer_id
    where p.month = :month and p.customer_id = :customer"""
_EXAMPLE_RECEIPTS = """select purchased_at, receipt_id, partner_id, lines, amount from receipts
    where customer_id = :customer and month <= :month order by purchased_at, receipt_id, record_type"""


def prediction_frames(asked: Asked, model: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The fields metrics, predictions and sample of ``ReportData``.

    Args:
        model: the month's row of lightgbm_model, or none.
    """
    return {
        "metrics": asked.frame("metrics", _METRICS, trained=_trained(model)),
        "predictions": asked.frame("predictions", _PREDICTIONS),
        "sample": asked.frame("sample", _SAMPLE),
    }


def prediction_tables(asked: Asked, model: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Small tables, by name: those of ``OF_THE_MODEL``; ``model_history``, which model each month used; ``scoring``,
    how the month was asked: horizon_days and min_probability; ``asked``, customers by day of the last receipt and days
    asked; ``expectations``, customers by what is expected of them; ``example`` and ``example_receipts``, of one
    customer where the month predicts it."""
    trained = _trained(model)
    found = {
        name: asked.frame(
            name,
            f"select * from {name} where as_of = cast(:trained as date) order by "
            + ", ".join(identifier(column) for column in key(CONTRACTS[name])),
            trained=trained,
        )
        for name in OF_THE_MODEL
    }
    made = {
        "model_history": _MODEL_HISTORY, "scoring": _SCORING, "asked": _ASKED, "expectations": _EXPECTATIONS,
    }  # fmt: skip
    found |= {name: asked.frame(name, sql) for name, sql in made.items()}
    found["example"] = asked.frame("example", _EXAMPLE, customer=EXAMPLE)
    if len(found["example"]):
        found["example_receipts"] = asked.frame("example_receipts", _EXAMPLE_RECEIPTS, customer=EXAMPLE)
    return found


def _trained(model: pd.DataFrame) -> date | None:
    if model.empty or pd.isna(model["trained_as_of"].iloc[0]):
        return None
    return model["trained_as_of"].iloc[0].date()

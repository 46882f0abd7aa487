"""What the model in use says of new customers: type, probabilities, reasons, and what is to be expected of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd

from crm_assets.months import Snapshot
from crm_assets.prediction.expectations import expectations, of_types
from crm_assets.prediction.latent_type import answered_days, asked, predict
from crm_assets.prediction.model_of_month import InUse
from crm_assets.prediction.new_customers import batches
from crm_assets.prediction.reasons import reasons
from crm_assets.segmentation.naming import Personas, segment_name
from crm_assets.settings import Settings
from crm_assets.warehouse import Session

HALVES = 2  # of a batch, side by side: LightGBM lets go of Python's lock, and 0.5 ms a customer go into the reasons


def predictions(
    session: Session, snapshot: Snapshot, settings: Settings, personas: Personas, in_use: InUse, customers: int
) -> Iterator[pd.DataFrame]:
    """The rows of ``new_customer_predictions`` without month and as_of, batch by batch.

    Args:
        customers: how many ``new_customers`` made ready.
    """
    claims = session.frame(
        """select segment_id, measure, category, direction, allowed, rank from segment_claims where month = :month
        order by segment_id, rank""",
        month=snapshot.month,
    )
    score = partial(scored, in_use=in_use, settings=settings, personas=personas, types=of_types(claims))
    in_use.model.trees  # noqa: B018 - read once, not by both threads
    with ThreadPoolExecutor(HALVES) as pool:
        for features in batches(session, customers):
            halves = [features.iloc[part] for part in np.array_split(np.arange(len(features)), HALVES)]
            parts = pool.map(score, [half for half in halves if len(half)])
            yield pd.concat(parts, ignore_index=True)


def scored(
    features: pd.DataFrame, *, in_use: InUse, settings: Settings, personas: Personas, types: pd.DataFrame
) -> pd.DataFrame:
    """The rows of a batch.

    Args:
        features: new customers with the model's columns and ``own_interest``.
        types: of ``expectations.of_types``.
    """
    features = features.sort_values("customer_id", kind="stable", ignore_index=True)
    days = answered_days(in_use.model, settings.horizon_days)
    made = predict(in_use.model, features, horizon_days=days, floor=settings.min_probability)
    made = made.assign(
        receipts=features["receipts"],
        horizon_days=days,
        min_probability=settings.min_probability,
        trained_as_of=pd.Timestamp(in_use.trained_as_of),
        segment_name=made["segment_id"].map(lambda i: segment_name(i, personas, settings.language)),
    )
    why = reasons(in_use.model, asked(features, days))
    hoped = expectations(made, features["own_interest"], types)
    return made.join(why).join(hoped)

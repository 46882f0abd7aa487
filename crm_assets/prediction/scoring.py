"""What the model in use says of new customers: type, probabilities, reasons, and what is to be expected of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from crm_assets.months import Snapshot
from crm_assets.prediction.expectations import expectations, of_types
from crm_assets.prediction.latent_type import answered_days, asked, predict
from crm_assets.prediction.model_of_month import InUse
from crm_assets.prediction.reasons import reasons
from crm_assets.segmentation.naming import Personas, segment_name
from crm_assets.settings import Settings
from crm_assets.warehouse import Score, Session

BATCH = 100_000  # customers scored at once: what bounds the memory
HALVES = 2  # of a batch, side by side: LightGBM lets go of Python's lock, and 0.5 ms a customer go into the reasons


def scorer(session: Session, snapshot: Snapshot, settings: Settings, personas: Personas, in_use: InUse) -> Score:
    """What makes the rows of ``new_customer_predictions``, without month and as_of, of those of ``TO_SCORE``. It holds
    all that it needs, so that it can be sent to where the rows are."""
    claims = session.frame(
        """select segment_id, measure, category, direction, allowed, rank from segment_claims where month = :month
        order by segment_id, rank""",
        month=snapshot.month,
    )
    known = Settings(**{name: getattr(settings, name) for name in Settings.model_fields})  # without the launchpad's
    return partial(_in_halves, in_use=in_use, settings=known, personas=personas, types=of_types(claims))


def _in_halves(features: pd.DataFrame, *, in_use: InUse, **known: Any) -> pd.DataFrame:
    in_use.model.trees  # noqa: B018 - read once, not by both threads
    halves = [features.iloc[part] for part in np.array_split(np.arange(len(features)), HALVES)]
    with ThreadPoolExecutor(HALVES) as pool:
        parts = pool.map(partial(scored, in_use=in_use, **known), [half for half in halves if len(half)])
        return pd.concat(parts, ignore_index=True)


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

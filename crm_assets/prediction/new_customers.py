"""The new customers of a month, as the warehouse knows them: those to be scored, and those whom drift is measured on.

Drift is measured on the customers whose last receipt is of the month: the others are as they were a month ago, and
would hide what a till writes since yesterday (stock against stock, no month of Online Retail exceeds 0.01).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.contracts.feature_sets import sets_of
from crm_assets.months import Snapshot
from crm_assets.prediction import feature_drift
from crm_assets.prediction.labelled import joined_features
from crm_assets.prediction.latent_type import LatentTypeModel, asked, class_probabilities
from crm_assets.prediction.model_of_month import InUse
from crm_assets.settings import Settings
from crm_assets.warehouse import Session, read_query

TO_SCORE = """select n.*, i.own_interest from new_customers n
    left join own_interest i on i.customer_id = n.customer_id"""  # with ``place``, in order of customer_id
SAMPLE = 100_000  # customers that drift is measured on, at most
_NEW = """join customer_lifecycles l on l.customer_id = f.customer_id and l.month = f.month and l.lifecycle = 'new'
    where f.month = :month and f.cutoff = 'as_of'"""  # of the feature table f


def new_customers(session: Session, snapshot: Snapshot, in_use: InUse | None) -> int:
    """Make the temporary tables of who is to be scored and of what they bought; returns how many customers they are."""
    session.execute(
        f"""create or replace temp table new_customers as
        select made.*, row_number() over (order by customer_id) - 1 as place
        from ({_features(in_use.model if in_use else None)} {_NEW}) as made order by customer_id""",
        month=snapshot.month,
    )
    session.execute(f"create or replace temp table own_interest as {read_query('own_interest')}", month=snapshot.month)
    return int(session.scalar("select count(*) from new_customers"))


def reference(
    session: Session,
    snapshot: Snapshot,
    settings: Settings,
    model: LatentTypeModel,
    training: pd.DataFrame,
    earlier: InUse | None,
) -> dict[str, object]:
    """The month's new customers, whom a new model is made to score; or what ``feature_drift.renewed`` keeps of an
    earlier reference, unless the model is trained by hand: then somebody has looked."""
    rows = _of_the_month(session, snapshot, model)
    said = _said(model, rows, settings)
    if earlier is None or settings.retrain:
        return feature_drift.reference(rows, said, model)
    found = drift(session, snapshot, settings, earlier.model)
    moved = found.loc[found["moved"].astype(bool), "name"].tolist()
    return feature_drift.renewed(
        earlier.model.reference, training, rows, model, said, moved, threshold=settings.scoring_drift_psi
    )


def drift(session: Session, snapshot: Snapshot, settings: Settings, model: LatentTypeModel) -> pd.DataFrame:
    """``feature_drift.drift`` of the month's new customers against those that the model was made to score."""
    rows = _of_the_month(session, snapshot, model)
    said = _said(model, rows, settings)
    return feature_drift.drift(model.reference, rows, said, threshold=settings.scoring_drift_psi)


def drifted(session: Session, snapshot: Snapshot, settings: Settings, earlier: InUse | None) -> str | None:
    """Why an earlier model is not for the month's new customers: the columns that moved, in words; None if it is."""
    return None if earlier is None else feature_drift.told(drift(session, snapshot, settings, earlier.model)) or None


def _features(model: LatentTypeModel | None) -> str:
    """The sets that the model sees: a month before may have been made by other settings."""
    return joined_features(sets_of(model.features) if model else ())


def _said(model: LatentTypeModel, rows: pd.DataFrame, settings: Settings) -> np.ndarray:
    return class_probabilities(model, asked(rows, settings.horizon_days))


def _of_the_month(session: Session, snapshot: Snapshot, model: LatentTypeModel) -> pd.DataFrame:
    """The new customers whose last receipt is of the month; of many, every second, third, … by id."""
    recent = f"{_NEW} and f.cutoff_at >= :month"
    count = session.scalar(f"select count(*) from feature_table f {recent}", month=snapshot.month)
    return session.frame(
        f"""select * from (
            select made.*, row_number() over (order by customer_id) as place
            from ({_features(model)} {recent}) as made
        ) as numbered where place % :step = 0 order by customer_id""",
        step=max(-(-count // SAMPLE), 1),
        month=snapshot.month,
    )

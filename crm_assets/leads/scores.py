"""The list of leads: what the model says of each, who is called first, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.leads.judged import KnownLeads
from crm_assets.leads.lead_model import LeadModel

OPEN, OUT_OF_FOLD, UNSEEN = "scored", "out_of_fold", "unseen"
TENTHS = 10


def lead_scores(model: LeadModel, leads: KnownLeads, told: pd.DataFrame, capacity: int) -> pd.DataFrame:
    """Rows of ``lead_scores`` without month and as_of, in the order of the leads.

    Args:
        leads: of the month; ``converted`` is −1 where it was not known.
        told: created_at, company_id, owner_id of the same leads.
        capacity: open leads that sales can handle.
    """
    ids = leads.features.index
    learned = ids.isin(list(model.out_of_fold)) & (leads.converted >= 0)
    rows = told[["created_at", "company_id", "owner_id"]].assign(
        source=np.where(leads.converted < 0, OPEN, np.where(learned, OUT_OF_FOLD, UNSEEN)),
        converted=pd.Series(leads.converted, index=ids).map({1: "yes", 0: "no"}),
    )
    said = model.scores(leads.features[~learned], leads.messages[~learned])
    kept = [model.out_of_fold[str(lead)] for lead in ids[learned]]
    rows["probability"] = said["probability"].reindex(ids)
    rows.loc[learned, "probability"] = [probability for probability, _ in kept]
    rows["predicted"] = rows["probability"] >= model.threshold
    rows.loc[learned, "predicted"] = [bool(called) for _, called in kept]  # by the threshold of their own fold
    rows["margin"], rows["reasons"] = said["margin"].reindex(ids), said["reasons"].reindex(ids).astype(object)
    rows["lead_index"] = (100 * rows["probability"]).round(1)
    is_open = leads.converted < 0
    places = _places(rows[is_open])
    rows["rank"] = places.reindex(ids).astype("Int64")
    rows["within_capacity"] = (rows["rank"] <= capacity).fillna(False).astype(bool)
    rows["decile"] = 0
    for part, found in ((is_open, places), (~is_open, _shared_places(rows[~is_open]))):
        rows.loc[part, "decile"] = ((found - 1) * TENTHS // max(len(found), 1) + 1).astype(int)
    return rows.assign(trained_as_of=pd.Timestamp(model.trained_as_of)).reset_index(names="lead_id")


def _shared_places(rows: pd.DataFrame) -> pd.Series:
    """Place of each known lead by probability, from 1. Among equal ones those that converted and those that did not are
    spread evenly over their places, as ``figures`` counts them: by day, or by id, a model that says the same of all
    would show a lift where conversions rise or fall over time."""
    known = rows.assign(id=rows.index).sort_values("id")
    alike = known.groupby(["probability", "converted"])["id"]
    spread = (alike.cumcount() + 0.5) / alike.transform("size")
    order = known.assign(spread=spread).sort_values(["probability", "spread", "id"], ascending=[False, True, True])
    return pd.Series(np.arange(1, len(rows) + 1), index=order.index).reindex(rows.index)


def _places(rows: pd.DataFrame) -> pd.Series:
    """Place of each lead by probability, from 1; of equal ones the newer first, then by id."""
    order = rows.assign(id=rows.index).sort_values(
        ["probability", "created_at", "id"], ascending=[False, False, True], kind="stable"
    )
    return pd.Series(np.arange(1, len(rows) + 1), index=order.index).reindex(rows.index)

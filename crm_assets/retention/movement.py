"""Why customers moved from one type to another, exactly: the type is a function of R, F, M and the model.

Here: telling a customer who moved from a model that moved. Who stood where in which month is SQL's part
(``customer_types.sql``, ``segment_migration.sql``), and models are fitted in ``clustering``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crm_assets.segmentation import cluster_model
from crm_assets.segmentation.cluster_model import FEATURES, ClusterModel
from crm_assets.segmentation.naming import AXES, RESERVED
from crm_assets.warehouse import OutOfStep

PUSHES = tuple(f"{name}_push" for name in AXES)


def reasons(moves: pd.DataFrame, before: ClusterModel | None, after: ClusterModel | None) -> pd.DataFrame:
    """The reason of every move.

    A new customer that has become an existing one moved for its ``receipts``; one without a receipt in the window any
    more for ``no_purchase``; one that has a receipt there again ``returned``. Between two types the model of the month
    before decides: if today's R, F, M would still have the old type, the ``model`` moved and not the customer. Else the
    customer crossed that model's border between its old type and the one it has there today. The border of two centres
    is a plane, and the way straight across it is the sum of three parts, one per coordinate:
    ``push_j = (x'_j − x_j) · (c'_j − c_j) / |c' − c|``, x and c in standard deviations. The reason is the coordinate of
    the largest part; one that moved far, but along the border, is none. What is left came or went with the types
    themselves (first model, other settings): ``model``.

    Args:
        moves: customer_id, from_state, to_state, lifecycle_before, lifecycle_after and, for every feature of
            ``cluster_model.FEATURES``, ``<feature>_before`` and ``<feature>_after`` (days, receipts, currency; missing
            outside the window).
        before, after: the models of the two months; None where a month has no types.

    Returns:
        The moves with ``reason`` and ``PUSHES`` (standard deviations, NaN where no border was crossed), sorted by
        customer_id.

    Raises:
        OutOfStep: a stored type is not that of its model.
    """
    moves = moves.sort_values("customer_id", kind="stable").reset_index(drop=True)
    was_there, is_there = moves["recency_days_before"].notna(), moves["recency_days_after"].notna()
    became_existing = (moves["from_state"] == "new") & (moves["lifecycle_after"] != "new")
    moves["reason"] = np.select(
        [became_existing, was_there & ~is_there, ~was_there & is_there],
        ["receipts", "no_purchase", "returned"],
        default="model",
    )
    moves[list(PUSHES)] = np.nan
    typed = ~moves["from_state"].isin(RESERVED) & ~moves["to_state"].isin(RESERVED)
    if typed.any():
        _explain(moves, moves.index[typed], before, after)
    return moves.astype({"reason": "str"})


def counted(moves: pd.DataFrame) -> pd.DataFrame:
    """Customers per from_state, to_state and reason."""
    return moves.groupby(["from_state", "to_state", "reason"], sort=True).size().rename("customers").reset_index()


def _explain(moves: pd.DataFrame, rows: pd.Index, before: ClusterModel | None, after: ClusterModel | None) -> None:
    """Reason and pushes of the moves between two types, in place."""
    then, now = (_figures(moves.loc[rows], moment) for moment in ("before", "after"))
    from_state = moves.loc[rows, "from_state"].to_numpy()
    _require(before, then, from_state, "the month before")
    _require(after, now, moves.loc[rows, "to_state"].to_numpy(), "the month")
    by_old_model = cluster_model.assign(before, now)["segment_id"].to_numpy()
    crossed = by_old_model != from_state
    place = {segment: i for i, segment in enumerate(before.segment_ids)}
    centroids = np.array(before.centroids)
    across = centroids[[place[s] for s in by_old_model[crossed]]] - centroids[[place[s] for s in from_state[crossed]]]
    way = (cluster_model.places(before, now) - cluster_model.places(before, then))[crossed]
    pushes = way * across / np.sqrt((across**2).sum(axis=1, keepdims=True))
    moves.loc[rows[crossed], list(PUSHES)] = pushes
    moves.loc[rows[crossed], "reason"] = np.array(AXES, dtype=object)[pushes.argmax(axis=1)]


def _figures(moves: pd.DataFrame, moment: str) -> pd.DataFrame:
    """customer_id and the features, as numbers."""
    return pd.DataFrame(
        {"customer_id": moves["customer_id"]} | {f: moves[f"{f}_{moment}"].astype(float) for f in FEATURES}
    )


def _require(model: ClusterModel | None, figures: pd.DataFrame, stored: np.ndarray, month: str) -> None:
    given = None if model is None else cluster_model.assign(model, figures)["segment_id"].to_numpy()
    if given is None or (given != stored).any():
        wrong = figures["customer_id"].iloc[0 if given is None else int(np.argmax(given != stored))]
        raise OutOfStep(
            f"the stored type of customer {wrong} in {month} is not what the month's model and R, F, M give: make "
            "cluster_assignments and customer_types of that month anew"
        )

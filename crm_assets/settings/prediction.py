"""The model of new customers: what it sees, when it is trained, what it is judged on. A part of ``Settings``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class OfPrediction(BaseModel):
    """The model of new customers: what it sees, when it is trained, what it is judged on."""

    model_features: Literal["seed", "seed+first_purchase"] = Field(
        "seed+first_purchase",
        description="columns that the model of new customers sees: the seed's 31, or also what a first purchase tells",
    )
    date_columns: bool = Field(
        False, description="the model also sees proxies of the date (flag D); the exposure tells it more"
    )
    horizon_days: int = Field(
        90, ge=1, le=3_650, description="days after the last known receipt at which the type of a new customer is asked"
    )
    min_probability: float = Field(
        0.4, ge=0, le=1, description="probability of the named type below which the model abstains"
    )
    retrain_every_months: int = Field(
        3, ge=1, description="months after the last attempt at which a new model is tried"
    )
    retrain: bool = Field(False, description="train the model of this month now, and use it")
    # 0.25 is the usual mark, but ordinary life passes it: a month of sales gave 0.38 on Online Retail. A till that
    # writes in thousands, a new channel of a fifth of the customers, a column gone missing each give more than 1.
    scoring_drift_psi: float = Field(
        1.0,
        gt=0,
        description="population stability index above which the new customers of a month, or the types predicted for "
        "them, are others than those the model was made to score: a new one is trained, or nobody is scored",
    )
    min_customers_per_type: int = Field(
        30, ge=5, description="existing customers of the smallest type without which no model is trained"
    )
    # Sample of L.POINT's size, macro-F1 of the first 1 / 2 / 3 receipts of 6,000 others: trained on 2,000 customers
    # 0.48 / 0.56 / 0.61, on 5,000 0.49 / 0.57 / 0.62, on 20,000 the same.
    max_training_rows: int = Field(45_000, ge=1_000, description="rows that a model is trained on, at most")
    max_evaluation_customers: int = Field(
        6_000, ge=300, description="customers behind the reported figures, at most; a sample with the types' shares"
    )
    max_comparison_customers: int = Field(
        1_000, ge=300, description="customers behind comparisons of models, at most: ablation, other algorithms"
    )
    evaluation_folds: int = Field(3, ge=2, le=10, description="folds, by customer, behind every reported figure")

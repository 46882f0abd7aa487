"""Who is clustered, how, and what a small valuable group is. A part of ``Settings``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class OfSegmentation(BaseModel):
    """Who is clustered, how, and what a small valuable group is."""

    cluster_population: Literal["existing", "all"] = Field("existing", description="who is clustered")
    scaling: Literal["log", "standard"] = Field(
        "log", description="log = log1p of frequency and monetary before standardising, recency as it is"
    )
    k: int | None = Field(None, ge=2, le=10, description="number of types; none = by the stated rule")
    min_cluster_share: float = Field(
        0.02, ge=0, lt=0.5, description="the smallest type that the rule for K accepts, share of customers"
    )
    k_change_margin: float = Field(
        0.02,
        ge=0,
        lt=1,
        description="a refit changes K only when the rule's K lies so much deeper below the chord of the inertia curve "
        "(box 0-1), or when a type of the K in use holds less than half of min_cluster_share",
    )
    min_customers_to_cluster: int = Field(200, ge=20, description="fewer make no types")
    drift_psi: float = Field(0.25, gt=0, description="population stability index above which types are refitted")
    refit: bool = Field(False, description="refit the types of this month whatever the drift")

    loyal_conversion_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="share of potential loyal customers whose conversion the report reckons: an assumption",
    )
    hybrid_max_share: float = Field(
        0.05, gt=0, lt=1, description="share of clustered customers up to which a cell of type and band is small"
    )
    hybrid_revenue_factor: float = Field(
        2.0, ge=1, description="revenue share over customer share from which a small cell can be valuable"
    )
    hybrid_min_customers: int = Field(
        20, ge=8, description="customers of a cell of type and band below which nothing is tested"
    )

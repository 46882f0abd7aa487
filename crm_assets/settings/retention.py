"""Dormancy, and the calculator of monthly active customers. A part of ``Settings``."""

from __future__ import annotations

from pydantic import BaseModel, Field


class OfRetention(BaseModel):
    """Dormancy, and the calculator of monthly active customers."""

    dormancy_horizon_days: int = Field(
        60, ge=7, le=366, description="days without a purchase after as_of that make a customer dormant"
    )
    dormancy_retrain_every_months: int = Field(
        1, ge=1, description="months after which the model of dormancy is trained anew; a second's work"
    )
    # Online Retail, Brier in spring: trained on one snapshot, whose recency ends at 31 days, and asked four months into
    # history 0.370, where frequency alone has 0.219; trained on three 0.205 and 0.213.
    dormancy_min_snapshots: int = Field(
        3, ge=1, le=24, description="months with a known answer without which no model of dormancy is trained"
    )
    dormancy_evidence_months: int = Field(
        6, ge=1, le=24, description="newest months with a known answer on which model and rules are compared"
    )
    dormancy_min_customers: int = Field(
        50, ge=10, description="customers of either answer, dormant or not, without which nothing is learned or judged"
    )
    at_risk_probability: float = Field(
        0.5, ge=0, le=1, description="probability of dormancy from which a customer is on a list of those to retain"
    )
    mau_new_inflow_share: float = Field(
        0.05, ge=0, le=1, description="new customers that an app campaign brings, in shares of today's active: assumed"
    )
    mau_reactivation_share: float = Field(
        0.05, ge=0, le=1, description="share of dormant customers whom messages bring back: an assumption"
    )
    mau_main_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="share of customers active now and then who make the shop their main one: an assumption (S1: 5 %)",
    )

"""Leads: what is known of them, and the model. A part of ``Settings``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class OfLeads(BaseModel):
    """Leads: what is known of them, and the model."""

    lead_outcome_days: int = Field(
        30,
        ge=0,
        le=3_650,
        description="days after a lead came in at which its outcome counts as known, where no day of it is delivered",
    )
    lead_missing_share: float = Field(
        0.7, gt=0, le=1, description="share of leads without a value above which an attribute of leads is dropped"
    )
    lead_rare_share: float = Field(
        0.01, ge=0, lt=0.5, description="share of leads below which values of an attribute are merged into one, other"
    )
    lead_min_outcomes: int = Field(
        50, ge=10, description="known leads of either outcome without which no model of leads is trained"
    )
    lead_retrain_every_months: int = Field(3, ge=1, description="months after which the model of leads is trained anew")
    lead_max_training_rows: int = Field(
        20_000, ge=1_000, description="known leads, the newest, that the model of leads is trained on, at most"
    )
    lead_capacity: int = Field(50, ge=1, description="open leads a month that sales can handle: the best of the list")
    lead_suspicion: Literal["leave_out", "report"] = Field(
        "leave_out",
        description="what becomes of attributes that seem to be filled in after contact, unless the reference file "
        "allows them",
    )

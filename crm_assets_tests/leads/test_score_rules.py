"""Rules of the list of leads by hand: which term is a reason, and that equal scores have no lift by day."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from crm_assets.leads.judged import Calibration, KnownLeads
from crm_assets.leads.lead_model import LeadModel
from crm_assets.leads.learners import Line
from crm_assets.leads.matrix import Encoder
from crm_assets.leads.scores import lead_scores


def a_model(terms: dict[str, float], weights: tuple[float, ...], known: dict[str, tuple[float, bool]]) -> LeadModel:
    zeros = (0.0,) * len(weights)
    return LeadModel(
        "2021-06-30", "logistic_text", "random", 10, 0.2, {}, Encoder((), {}, {}, 0.2, terms),
        Line(zeros, tuple(1.0 for _ in weights), weights, -1.0), Calibration(1.0, 0.0), 0.5, known,
    )  # fmt: skip


def messages(*told: tuple[str, ...]) -> np.ndarray:
    found = np.empty(len(told), dtype=object)
    found[:] = told
    return found


def test_the_term_that_is_told_has_the_sign_of_all_terms():
    """good adds 1, each of the four others takes 0.5: together they take, so good is no reason."""
    terms = {"bad": 1.0, "dull": 1.0, "good": 1.0, "grey": 1.0, "slow": 1.0}
    model = a_model(terms, (-0.5, -0.6, 1.0, -0.5, -0.5), {})
    found = model.scores(
        pd.DataFrame(index=["a", "b", "c"]), messages(("bad", "dull", "good", "grey", "slow"), ("good", "bad"), ())
    )
    (a,), (b,), c = (json.loads(reasons)["top"] for reasons in found["reasons"])
    assert a["contribution"] < 0 and a["value"] == "dull"
    assert b["contribution"] > 0 and b["value"] == "good"
    assert c == []


def test_a_term_of_the_other_sign_is_no_reason_though_it_is_the_only_one():
    """What is missing takes more than what is there adds."""
    model = a_model({"bad": 1.0, "good": 1.0}, (-2.0, 1.0), {})
    model = LeadModel(**{**vars(model), "fitted": Line((-1.0, 0.0), (1.0, 1.0), (-2.0, 1.0), -1.0)})
    (top,) = json.loads(model.scores(pd.DataFrame(index=["a"]), messages(("good",)))["reasons"].iloc[0])["top"]
    assert top["contribution"] == -1 and top["value"] is None


def test_equal_scores_have_no_lift_by_day():
    """A thousand leads of two scores, of which the newer convert: each score's tenths have that score's rate."""
    ids = pd.Index([f"L{n:04}" for n in range(1_000)])
    converted = (np.arange(1_000) >= 800).astype(int)
    said = np.where(np.arange(1_000) % 2, 0.3, 0.2)
    nobody = pd.Series([None] * 1_000, index=ids)
    leads = KnownLeads(pd.DataFrame(index=ids), {}, messages(*[()] * 1_000), converted, nobody, nobody)
    told = pd.DataFrame(
        {"created_at": pd.date_range("2021-01-01", periods=1_000, freq="h").normalize(), "company_id": None,
         "owner_id": None}, index=ids,
    )  # fmt: skip
    model = a_model({}, (), {lead: (float(p), False) for lead, p in zip(ids, said, strict=True)})
    rows = lead_scores(model, leads, told, 10)
    tenths = rows.assign(won=rows["converted"] == "yes").groupby("decile")
    assert tenths.size().tolist() == [100] * 10 and tenths["won"].sum().tolist() == [20] * 10
    assert (rows["probability"] == 0.3).eq(rows["decile"] <= 5).all()

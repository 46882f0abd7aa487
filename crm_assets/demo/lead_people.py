"""Leads: the words and parameters of their sample, and one draw of companies, their leads, and what becomes of them.

Here: who asks for what, and whether it becomes a sale. Not here: files and columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from crm_assets.files import read_yaml


@dataclass(frozen=True)
class Drawn:
    """Leads of the sample, an entry per lead in the order of their days.

    Attributes:
        columns: what is written in each column that does not hang on the outcome; "" is empty.
        company, owner: number of each.
        area, unit: business area and unit as they are, also where the cell is empty.
        signals: signal of the message → whether it is there.
        probability: of a sale. converted: whether it became one.
    """

    days: list[date]
    columns: dict[str, list[str]]
    company: np.ndarray
    owner: np.ndarray
    area: np.ndarray
    unit: np.ndarray
    region: np.ndarray
    signals: dict[str, np.ndarray]
    probability: np.ndarray
    converted: np.ndarray


def read_leads(folder: Path) -> dict[str, Any]:
    """
    Raises:
        FileNotFoundError: leads.yaml is not in the folder.
    """
    return read_yaml(folder / "leads.yaml")


def draw_leads(words: dict[str, Any], companies: int, rng: np.random.Generator) -> Drawn:
    """The leads of a year: so many companies, of which most ask once and some again and again."""
    parameters = words["companies"]
    extra = rng.geometric(1 / parameters["leads_mean"], companies)
    company = np.repeat(np.arange(companies), np.minimum(extra, parameters["most_leads"]))
    company = company[rng.permutation(len(company))]
    size, owners = len(company), words["owners"]
    owner = rng.integers(0, owners["count"], size)
    effect = rng.normal(0, parameters["spread"], companies)[company]
    effect += rng.normal(0, owners["spread"], owners["count"])[owner]
    sharp = words["sharpness"]
    columns, of_columns, true = _columns(words, company, companies, rng)
    messages, signals, of_texts = _messages(words, columns["product_category"], company, rng)
    gone = rng.random(size) < words["missing"]["message"]
    columns["message"] = ["" if empty else text for text, empty in zip(messages, gone, strict=True)]
    columns["lead_desc_length"] = [str(len(text)) for text in messages]
    logit = effect + sharp * (of_columns + np.where(gone, 0.0, of_texts))
    probability = 1 / (1 + np.exp(-(logit + _level(logit, words["converted"]))))
    days = np.sort(rng.integers(0, words["days"], size))
    return Drawn(
        days=[words["start"] + timedelta(days=int(day)) for day in days],
        columns=columns,
        company=company,
        owner=owner,
        area=true["area"],
        unit=true["unit"],
        region=true["region"],
        signals={name: there & ~gone for name, there in signals.items()},
        probability=probability,
        converted=rng.random(size) < probability,
    )


def _level(logit: np.ndarray, share: float) -> float:
    """What is added to all log-odds so that so many convert; by halving."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-(logit + middle)))).mean() < share else (low, middle)
    return (low + high) / 2


def _of_company(values: np.ndarray, company: np.ndarray, alike: float, rng: np.random.Generator) -> np.ndarray:
    """A company's value for most of its leads, that of any other company for the rest."""
    own = rng.random(len(company)) < alike
    return np.where(own, values[company], values[rng.integers(0, len(values), len(company))])


def _pick(weights: Sequence[float], size: int, rng: np.random.Generator) -> np.ndarray:
    share = np.asarray(weights, dtype=float)
    return rng.choice(len(share), size, p=share / share.sum())


def _written(kinds: Sequence[dict], number: np.ndarray, rng: np.random.Generator) -> list[str]:
    """A value as somebody typed it: most in the usual way."""
    usual = rng.random(len(number)) < 0.7
    other = rng.random(len(number))
    return [
        kinds[n]["written"][0 if plain else int(at * len(kinds[n]["written"]))]
        for n, plain, at in zip(number, usual, other, strict=True)
    ]


def _effects(kinds: Sequence[dict], number: np.ndarray) -> np.ndarray:
    return np.array([kind["effect"] for kind in kinds])[number]


def _columns(
    words: dict[str, Any], company: np.ndarray, companies: int, rng: np.random.Generator
) -> tuple[dict[str, list[str]], np.ndarray, dict[str, np.ndarray]]:
    """The columns as written, what they add to the log-odds, and the true area, unit and region of each lead."""
    size, made, logit = len(company), {}, np.zeros(len(company))
    countries, areas = words["countries"], words["areas"]
    country = _pick([c["weight"] for c in countries], companies, rng)[company]
    area = _pick([a["weight"] for a in areas.values()], companies, rng)[company]
    enterprise = _pick([w for w, _ in words["enterprises"].values()], companies, rng)[company]
    unit = _pick([w for w, _ in words["business_units"].values()], size, rng)
    made["customer_country"] = _written(countries, country, rng)
    logit += _effects(countries, country) + _effects(list(areas.values()), area)
    for name, options, number in (
        ("enterprise", words["enterprises"], enterprise),
        ("business_unit", words["business_units"], unit),
    ):
        made[name] = [list(options)[n] for n in number]
        logit += np.array([effect for _, effect in options.values()])[number]
    for name, key in KINDS.items():
        number = _of_company(_pick([k["weight"] for k in words[key]], companies, rng), company, words["alike"], rng)
        made[name] = _written(words[key], number, rng)
        logit += _effects(words[key], number)
    regions = sorted({c["region"] for c in countries})
    region = np.array([regions.index(c["region"]) for c in countries])[country]
    region = np.where(rng.random(size) < words["other_region"], rng.integers(0, len(regions), size), region)
    made["response_corporate"] = [regions[n] for n in region]
    made["customer_country.1"] = [regions[n].removeprefix("SUB-") for n in region]
    made["business_area"] = [list(areas)[n] for n in area]
    made["business_subarea"] = [_one_of(areas[name]["sub"], rng) for name in made["business_area"]]
    made["product_category"] = [_one_of(list(words["products"][name]), rng) for name in made["business_unit"]]
    made["product_subcategory"] = [
        words["products"][u][p][0] for u, p in zip(made["business_unit"], made["product_category"], strict=True)
    ]
    made["product_modelname"] = [f"{p[:2].upper()}{rng.integers(10, 99)}" for p in made["product_subcategory"]]
    logit += _flags_and_numbers(words["columns"], made, size, rng)
    for name, share in words["missing"].items():
        if name in made:
            empty = rng.random(size) < share
            made[name] = ["" if gone else value for value, gone in zip(made[name], empty, strict=True)]
    return made, logit, {"area": area, "unit": unit, "region": region}


KINDS = {  # column → its values in the words
    "customer_type": "customer_types",
    "customer_job": "customer_jobs",
    "inquiry_type": "inquiry_types",
    "customer_position": "positions",
    "expected_timeline": "timelines",
}


def _one_of(values: Sequence[str], rng: np.random.Generator) -> str:
    return values[int(rng.integers(len(values)))]


def _flags_and_numbers(
    parameters: dict[str, Any], made: dict[str, list[str]], size: int, rng: np.random.Generator
) -> np.ndarray:
    """bant_submit, the strategic verticals, verified customer and product, earlier sales; and what they add."""
    given = rng.binomial(4, 0.55, size)
    made["bant_submit"] = [f"{n / 4:g}" for n in given]
    logit = parameters["bant"] * given / 4
    for name in ("ver_cus", "ver_pro"):
        there = rng.random(size) < parameters[name]["share"]
        made[name] = [str(int(v)) for v in there]
        logit = logit + parameters[name]["effect"] * there
    strategic = {}
    for name in ("id_strategic", "it_strategic"):
        strategic[name] = rng.random(size) < parameters[name]["share"]
        made[f"{name}_ver"] = ["1" if v else "" for v in strategic[name]]
        logit = logit + parameters[name]["effect"] * strategic[name]
    made["idit_strategic_ver"] = ["1" if v else "" for v in strategic["id_strategic"] | strategic["it_strategic"]]
    existing = rng.poisson(rng.exponential(parameters["existing"]["mean"], size))
    made["historical_existing_cnt"] = [str(n) for n in existing]
    return logit + parameters["existing"]["effect"] * np.log1p(existing)


def _messages(
    words: dict[str, Any], products: Sequence[str], company: np.ndarray, rng: np.random.Generator
) -> tuple[list[str], dict[str, np.ndarray], np.ndarray]:
    """What was written, which signals are in it, and what they add to the log-odds."""
    parameters, size, companies = words["messages"], len(products), int(company.max()) + 1
    signals = {
        name: _of_company(rng.random(companies) < s["share"], company, words["alike"], rng)
        for name, s in parameters["signals"].items()
    }
    plain = rng.random(size) < parameters["plain"]["share"]
    texts = []
    for n, product in enumerate(products):
        parts = [_one_of(parameters["openings"], rng)]
        parts += [_one_of(s["texts"], rng) for name, s in parameters["signals"].items() if signals[name][n]]
        parts += [_one_of(parameters["plain"]["texts"], rng)] if plain[n] else []
        parts = [
            parts[0],
            *(parts[1 + int(at)] for at in rng.permutation(len(parts) - 1)),
            _one_of(parameters["ends"], rng),
        ]
        told = {
            "product": product or "your products",
            "thousands": int(rng.integers(5, 200)),
            "month": _one_of(words["months"], rng),
            "weeks": int(rng.integers(3, 12)),
            "units": int(rng.integers(2, 120)),
        }
        texts.append(" ".join(part for part in parts if part).format(**told))
    added = sum(s["effect"] * signals[name] for name, s in parameters["signals"].items())
    return texts, signals, np.asarray(added, dtype=float)

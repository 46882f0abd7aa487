"""The words and parameters of the demo, read from data/reference/demo and turned into arrays.

Here: reading, checking and arranging the YAML files (products, branches, types). Not here: random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crm_assets.files import read_yaml

FILES = ("categories", "regions", "partners", "bundles", "population", "types", "worked_example")


@dataclass(frozen=True)
class Products:
    """One entry per product, sorted by major category."""

    codes: list[str]
    names: list[str]
    middles: list[str]
    majors: list[str]
    major: np.ndarray  # index of the major category
    price: np.ndarray  # won per piece
    popularity: np.ndarray  # within its major category
    extra_quantity: np.ndarray  # mean pieces beyond the first


@dataclass(frozen=True)
class Branches:
    """One entry per branch, sorted by partner and region; `first` and `count` index (partner, region)."""

    codes: list[str]
    partners: list[str]
    regions: list[str]
    districts: list[str]
    first: np.ndarray
    count: np.ndarray


@dataclass(frozen=True)
class Vocabulary:
    """Everything that the demo knows before the first random number."""

    population: dict
    signals: dict
    types: dict[str, dict]
    regions: dict[str, dict]
    retail: dict[str, dict]
    services: dict[str, dict]
    wallet_codes: list[str]
    major_groups: dict[str, tuple[str, float]]  # major category -> group and weight within the group
    products: Products
    branches: Branches
    bundles: list[dict]  # name, items (product indices), partners, rate by type
    bundle_kept: float
    worked_example: dict

    @property
    def partners(self) -> list[str]:
        """Partner codes in the order of every partner index: retail, services, wallet."""
        return [*self.retail, *self.services, *self.wallet_codes]

    def by_type(self, *path: str) -> np.ndarray:
        """One parameter of every type, for instance by_type("receipts", "mean")."""
        values = []
        for parameters in self.types.values():
            for key in path:
                parameters = parameters[key]
            values.append(parameters)
        return np.array(values, dtype=float)


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of `folder`; a missing or contradictory file is refused with its name."""
    files = {name: _read_yaml(Path(folder) / f"{name}.yaml") for name in FILES}
    products = _products(files["categories"])
    partners, population = files["partners"], files["population"]
    types = files["types"]
    return Vocabulary(
        population=population,
        signals=population["signals"],
        types=types,
        regions=files["regions"],
        retail=partners["retail"],
        services=partners["services"],
        wallet_codes=partners["wallet_codes"],
        major_groups={name: (m["group"], m["weight"]) for name, m in files["categories"]["majors"].items()},
        products=products,
        branches=_branches({**partners["retail"], **partners["services"]}, files["regions"]),
        bundles=[_bundle(b, products, list(types)) for b in files["bundles"]["bundles"]],
        bundle_kept=files["bundles"]["kept"],
        worked_example=files["worked_example"],
    )


def _read_yaml(path: Path) -> dict:
    try:
        return read_yaml(path)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"demo vocabulary {path} is missing; give the folder data/reference/demo of the project"
        ) from None


def _products(categories: dict) -> Products:
    majors, groups, decay = categories["majors"], categories["groups"], categories["rank_decay"]
    middle_count = sum(len(major["middles"]) for major in majors.values())
    base, extra = divmod(categories["products"], middle_count)
    rows, middle_number = [], 0
    for index, (major_name, major) in enumerate(majors.items()):
        group = groups[major["group"]]
        for rank, (middle, price) in enumerate(major["middles"].items()):
            # The variants left over are spread evenly over the middle categories.
            one_more = (middle_number + 1) * extra // middle_count - middle_number * extra // middle_count
            middle_number += 1
            for nth, (wording, factor) in enumerate(list(group["variants"].items())[: base + one_more]):
                popularity = 1.0 / ((1 + decay * rank) * (1 + decay * nth))
                name = f"{wording} {middle}"
                rows.append((name, middle, major_name, index, price * factor, popularity, group["extra_quantity"]))
    names, middles, major_names, major, price, popularity, quantity = zip(*rows, strict=True)
    if len(rows) != categories["products"] or len(set(names)) != len(names):
        raise ValueError(
            f"categories.yaml: asked for {categories['products']} products, its variants give {len(set(names))} "
            "different ones; give every group more variants or keep middle categories distinct"
        )
    codes = [f"PD{number:04d}" for number in range(1, len(rows) + 1)]
    return Products(
        codes, list(names), list(middles), list(major_names),
        np.array(major), np.array(price, dtype=float), np.array(popularity), np.array(quantity),
    )  # fmt: skip


def _branches(partners: dict, regions: dict) -> Branches:
    """Branches per partner and region in proportion to the region's share, by largest remainder."""
    shares = np.array([region["share"] for region in regions.values()])
    rows, counts = [], []
    for partner, parameters in partners.items():
        exact = shares / shares.sum() * parameters["branches"]
        count = np.floor(exact).astype(int)
        count[np.argsort(count - exact, kind="stable")[: parameters["branches"] - count.sum()]] += 1
        counts.append(count)
        places = ((zone, n) for zone, total in zip(regions, count, strict=True) for n in range(total))
        for number, (zone, nth) in enumerate(places, start=1):
            district = nth % regions[zone]["districts"] + 1
            rows.append((f"{partner}{number:04d}", partner, zone, f"{zone}{district:03d}"))
    count = np.array(counts)
    first = (np.cumsum(count.ravel()) - count.ravel()).reshape(count.shape)
    columns = [list(column) for column in zip(*rows, strict=True)]
    return Branches(*columns, first=first, count=count)


def _bundle(bundle: dict, products: Products, types: list[str]) -> dict:
    unknown = [item for item in bundle["items"] if item not in products.names]
    if unknown:
        raise ValueError(
            f"bundles.yaml: bundle {bundle['name']!r} names {unknown}, which categories.yaml does not make; "
            "write a variant wording of the group and a middle category"
        )
    rate = bundle["rate"] if isinstance(bundle["rate"], dict) else dict.fromkeys(types, bundle["rate"])
    items = [products.names.index(item) for item in bundle["items"]]
    return {**bundle, "items": items, "rate": np.array([rate[name] for name in types])}

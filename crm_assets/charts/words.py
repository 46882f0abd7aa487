"""Texts and numbers as a reader sees them: one `Texts` for both languages, one `Words` per language.

Belongs here: looking a text up, writing a number with its unit, choosing the ticks of an axis. The texts
themselves are data (data/reference/texts); what a chart looks like is in the modules beside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from crm_assets.files import read_yaml

LANGUAGES = ("ko", "en")
OTHERS = "*"  # in place of a code: the words of every code of the group that has none of its own
WHOLE = {"customers", "rows", "lines"}  # units of which there are no parts
HYPHEN_AS_MINUS = re.compile(r"(?<![\w-])-(?=[\d.])")  # not those of a date or of 1e-05


class Pair(NamedTuple):
    """The same text in both languages."""

    ko: str
    en: str


class TextMissing(KeyError):
    """A text that the texts do not have, or have in one language only."""


@dataclass(frozen=True)
class Texts:
    """Every text, by dotted key; a leaf is a mapping with ``ko`` and ``en``."""

    tree: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> Texts:
        """The files of a folder as one tree: each section's texts in a file of its own.

        Raises:
            ValueError: two files have the same text.
        """
        tree: dict[str, Any] = {}
        for path in sorted(folder.glob("*.yaml")):
            _add(tree, read_yaml(path), path)
        return cls(tree)

    def at(self, key: str) -> Any:
        """The subtree or list at a dotted key.

        Raises:
            TextMissing: nothing is there.
        """
        node: Any = self.tree
        for part in key.split("."):
            if not isinstance(node, Mapping) or part not in node:
                raise TextMissing(f"no text {key!r}: add it to data/reference/texts")
            node = node[part]
        return node

    def pair(self, key: str, **values: object) -> Pair:
        """The text in both languages; a value that is itself a Pair goes in by language."""
        leaf = self.at(key)
        if not isinstance(leaf, Mapping) or not set(LANGUAGES) <= set(leaf):
            raise TextMissing(f"text {key!r} needs both ko and en in data/reference/texts")
        return Pair(*(_filled(str(leaf[lang]), lang, values) for lang in LANGUAGES))

    def label(self, group: str, name: str) -> Pair:
        """What a reader sees for a code (``gender``, ``female``); the code itself where no text is known,
        because codes come from files and a new one must not stop a report."""
        known = self.tree.get("labels", {}).get(group, {})
        if name not in known and OTHERS in known:
            return self.pair(f"labels.{group}.{OTHERS}", code=name)
        leaf = known.get(name)
        return Pair(str(leaf["ko"]), str(leaf["en"])) if leaf else Pair(name, name)

    def translated(self, text: str) -> Pair:
        """A reason that the code states in English, in Korean too, and in a reader's English where the patterns under
        ``reasons`` have any; what none of them knows stays as it is, because a reason must never be lost."""
        korean = english = text
        for pattern in self.tree.get("reasons", []):
            korean = re.sub(pattern["match"], pattern["ko"], korean)
            english = re.sub(pattern["match"], pattern.get("en", r"\g<0>"), english)
        return Pair(with_minus(korean), with_minus(english))

    def order(self, group: str) -> list[str]:
        """The known codes of a group, in the order in which they are shown."""
        return [code for code in self.tree.get("labels", {}).get(group, {}) if code != OTHERS]


def with_minus(text: str) -> str:
    """The minus sign − before every negative number, where code writes a hyphen."""
    return HYPHEN_AS_MINUS.sub("−", text)


def signed(value: float, decimals: int = 2) -> str:
    """+0.81 or −0.20; what rounds to zero is +0.00."""
    return with_minus(format(value, f"+z.{decimals}f"))


def _add(tree: dict[str, Any], more: Mapping[str, Any], path: Path, at: str = "") -> None:
    """Put a file's texts into the tree, in place; lists are joined."""
    for key, value in more.items():
        known = tree.get(key)
        if isinstance(known, dict) and isinstance(value, Mapping) and not set(LANGUAGES) <= set(value):
            _add(known, value, path, f"{at}{key}.")
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(value)
        elif known is not None:
            raise ValueError(f"{path}: the text {at}{key} is in another file too; keep one of them")
        else:
            tree[key] = value


def _filled(text: str, lang: str, values: Mapping[str, object]) -> str:
    spoken = {n: getattr(v, lang) if isinstance(v, Pair) else v for n, v in values.items()}
    return text.format(**spoken) if spoken else text


@dataclass(frozen=True)
class Words:
    """One language's view of the texts, with the currency and the names of types and bands.

    ``segments`` and ``bands`` map an id to its names, in the order of every chart and table.
    """

    texts: Texts
    lang: str
    currency: str
    segments: Mapping[str, Pair] = field(default_factory=dict)
    bands: Mapping[str, Pair] = field(default_factory=dict)

    def text(self, key: str, **values: object) -> str:
        return getattr(self.texts.pair(key, **values), self.lang)

    def label(self, group: str, name: str) -> str:
        if group == "rfm_band":
            return self.band(name)
        return getattr(self.texts.label(group, name), self.lang)

    def segment(self, segment_id: str) -> str:
        if segment_id == "all":
            return self.text("words.everyone")
        return getattr(self.segments.get(segment_id, Pair(segment_id, segment_id)), self.lang)

    def band(self, name: str) -> str:
        return getattr(self.bands.get(name, Pair(name, name)), self.lang)

    def figure(self, unit: str, value: float | None) -> str:
        """A number in full: 1,234명 · 1,234,567원 · 12.3% · 0.588; a dash where there is none."""
        if value is None or not math.isfinite(value):
            return "–"
        if unit == "share":
            return f"{with_minus(format(value * 100, 'z,.1f'))}%"
        if unit == "currency":
            return self._money(value, lambda v, decimals: f"{v:,.{decimals}f}")
        return self._with_unit(unit, with_minus(format(value, f"z,.{self._decimals(unit, value)}f")))

    def short(self, unit: str, value: float | None) -> str:
        """The same for axes and labels, where room is scarce: 123.5만원 · ₩1.2M · 12.3%."""
        if value is None or not math.isfinite(value):
            return "–"
        if unit == "currency":
            return self._money(value, lambda v, _: self._scaled(v))
        return self.figure(unit, value)

    def ticks(self, unit: str, top: float, count: int = 4) -> tuple[list[float], list[str]]:
        """Round positions from 0 to at least ``top`` and their labels."""
        step = _round_step(top / count) if top > 0 else 1.0
        places = [i * step for i in range(math.ceil(top / step - 1e-9) + 1)] if top > 0 else [0.0, 1.0]
        if unit == "share":
            return places, [f"{p * 100:.10g}%" for p in places]
        if unit == "currency":
            return places, [self.short(unit, p) for p in places]
        return places, [f"{p:,.10g}" if p >= 1000 else f"{p:.10g}" for p in places]

    def _decimals(self, unit: str, value: float) -> int:
        if unit == "score":
            return 3
        # A mean keeps its decimal when it happens to be whole, so that a column reads evenly; a count is an int.
        return 0 if unit in WHOLE or isinstance(value, int) or abs(value) >= 1000 else 1

    def _with_unit(self, unit: str, number: str) -> str:
        form = self.texts.tree["units"].get(unit)
        return form[self.lang].format(n=number) if form else number

    def _money(self, value: float, written: Any) -> str:
        known = self.texts.tree["currencies"].get(self.currency, {})
        form = known.get(self.lang, "{n} " + self.currency)
        decimals = known.get("decimals", 2)
        sign = "−" if round(value, decimals) < 0 else ""
        return sign + form.format(n=written(abs(value), decimals))

    def _scaled(self, value: float) -> str:
        for size, suffix in self.texts.tree["scales"][self.lang]:
            if value >= float(size):
                scaled = value / float(size)
                return f"{scaled:,.{0 if scaled >= 100 else 1}f}".removesuffix(".0") + suffix
        return f"{value:,.0f}"


def _round_step(rough: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(rough))
    return next(m * magnitude for m in (1, 2, 2.5, 5, 10) if m * magnitude >= rough * 0.999)

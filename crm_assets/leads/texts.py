"""What a message tells: its length, how many words of each kind it holds, and its terms (TF-IDF).

The kinds of words are reference data. A term weighs more the rarer it is among the messages that a model has learned
from; what it has not learned from is passed over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from crm_assets.leads.reference import MESSAGE_LENGTH, TEXT, Words

_WORD = re.compile(r"[^\W\d_][^\W\d_']+")
TERMS = 100  # the most frequent ones of a message: more bring nothing on the sample and cost time
LEAST_MESSAGES = 20  # that hold a term
LEAST_TEXT_SHARE = 0.05  # of leads with a message, without which there is no model with text


def message_features(messages: pd.Series, words: Mapping[str, Words]) -> pd.DataFrame:
    """Columns ``message_length`` (characters) and ``message_<kind>`` (how many of the kind's words, each as often as it
    stands there); missing where there is no message.

    Args:
        messages: text or missing.
    """
    known = messages.notna()
    lowered = messages.where(known, "").astype("str").str.lower()
    made = {MESSAGE_LENGTH: lowered.str.len()}
    for kind, listed in words.items():
        any_of = "|".join(re.escape(word.lower()) for word in sorted(listed, key=len, reverse=True))
        made[f"{TEXT}{kind}"] = lowered.str.count(rf"\b(?:{any_of})\b")
    return pd.DataFrame(
        {name: column.astype(float).where(known) for name, column in made.items()}, index=messages.index
    )


def terms_of(messages: pd.Series) -> np.ndarray:
    """(leads,) tuples of the terms of each message: its words, and pairs of neighbours, without the commonest words of
    English; none where there is no message."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    found = np.empty(len(messages), dtype=object)
    for place, text in enumerate(messages):
        words = _WORD.findall(text.lower()) if isinstance(text, str) else []
        words = [word for word in words if word not in ENGLISH_STOP_WORDS]
        found[place] = (*words, *(f"{one} {other}" for one, other in pairwise(words)))
    return found


def learn_terms(messages: Sequence[Sequence[str]]) -> dict[str, float]:
    """Term → its weight, inverse document frequency; of the most frequent ones, none where all are in too few messages.

    Args:
        messages: of ``terms_of``.
    """
    counts = Counter(term for terms in messages for term in set(terms))
    frequent = sorted(counts, key=lambda term: (-counts[term], term))[:TERMS]
    size = len(messages)
    return {
        term: float(np.log((1 + size) / (1 + counts[term])) + 1)
        for term in sorted(frequent)
        if counts[term] >= LEAST_MESSAGES
    }


def term_weights(messages: Sequence[Sequence[str]], terms: Mapping[str, float]) -> np.ndarray:
    """(messages, terms) weight of each term in each message: (1 + log count) · idf, rows of length 1; 0 where none of
    the terms is in it."""
    weights, places = np.zeros((len(messages), len(terms))), {term: place for place, term in enumerate(terms)}
    for row, found in enumerate(messages):
        for term, count in Counter(found).items():
            if term in places:
                weights[row, places[term]] = (1 + np.log(count)) * terms[term]
    length = np.sqrt((weights**2).sum(axis=1, keepdims=True))
    return np.divide(weights, length, out=weights, where=length > 0)

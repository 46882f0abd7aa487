"""What a fit costs: its own memory and seconds, one thread, and errors that say why."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from crm_assets.prediction import fit_cost
from crm_assets.prediction.boosting import rarity_weights
from crm_assets.prediction.fit_cost import Cost, Fit, Part, measured


def forest(trees: int, **parameters) -> Fit:
    return Fit("random_forest", "only", "small_trees", {"n_estimators": trees, **parameters}, 1)


FITS = [forest(200), forest(20), Fit("lightgbm", "only", "small_trees", {}, 1), forest(20)]


@pytest.fixture(scope="module")
def part() -> Part:
    """Three classes that the first of ten columns tells for two rows of three; some values are missing."""
    random = np.random.default_rng(1)
    x = random.normal(size=(3_000, 10))
    codes = np.where(random.random(3_000) < 1 / 3, random.integers(0, 3, 3_000), np.digitize(x[:, 0], [-0.5, 0.5]))
    x[:, 1:][random.random((3_000, 9)) < 0.1] = np.nan
    return Part(x[:2_000], codes[:2_000], x[2_000:])


@pytest.fixture(scope="module")
def costs(part) -> list[Cost]:
    return measured(FITS, {"only": part})


def test_memory_and_seconds_are_of_the_fit_alone_and_react_to_its_size(part, costs):
    large, small, lightgbm, again = costs
    parameters = {"random_state": 1, "n_jobs": 1}
    alone = [RandomForestClassifier(n, **parameters) for n in (200, 20)]
    for trees in alone:
        trees.fit(part.training, part.codes, sample_weight=rarity_weights(part.codes, 0.6))
    least = 64 * sum(t.tree_.node_count for t in alone[0].estimators_) / 1e6  # a node of scikit-learn's has 64 bytes
    assert 5 < least < large.peak_mb < 10 * least
    assert large.peak_mb > 3 * small.peak_mb and large.seconds > 4 * small.seconds
    # Far below the 100 MB and more that the process holds from which it was forked; the same beside other fits.
    assert lightgbm.peak_mb < 10 and again.peak_mb < 10 and again.peak_mb == pytest.approx(small.peak_mb, abs=1)
    for cost, trees in zip((large, small), alone, strict=True):
        np.testing.assert_array_equal(cost.answers, trees.predict(part.held_out))
    truth = np.digitize(part.held_out[:, 0], [-0.5, 0.5])
    assert (lightgbm.answers == truth).mean() > 0.9


def test_a_fit_that_fails_says_why(part):
    with pytest.raises(RuntimeError, match="unexpected keyword argument 'colour'"):
        measured([forest(2, colour="red")], {"only": part})


def test_a_fit_that_is_killed_names_the_remedy(monkeypatch):
    def killed():
        os.kill(os.getpid(), 9)

    with pytest.raises(SystemExit, match=r"signal 9.*CRM_MAX_COMPARISON_CUSTOMERS"):
        list(fit_cost._side_by_side([killed]))


def test_a_system_that_cannot_fork_is_told(part, monkeypatch):
    monkeypatch.delattr(os, "fork")
    with pytest.raises(RuntimeError, match="this system cannot fork"):
        measured([forest(2)], {"only": part})


WATCHED = """
import json, os, threading, time
import numpy as np
from crm_assets.prediction.algorithms import ALGORITHMS, installed
x = np.random.default_rng(1).normal(size=(4_000, 20))
codes = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
count = lambda: len(os.listdir("/proc/self/task"))
def watch(seen, over):
    while not over.is_set():
        seen.append(count() - 1)  # but this one
        time.sleep(0.001)
found = {}
for name in installed():
    fit, parameters = ALGORITHMS[name].fit, ALGORITHMS[name].parameters
    fit(x[:60], codes[:60], 1, "small_trees", **parameters)  # what this starts stays
    before, seen, over = count(), [], threading.Event()
    watcher = threading.Thread(target=watch, args=(seen, over))
    watcher.start()
    fit(x, codes, 1, "small_trees", **parameters)
    over.set()
    watcher.join()
    found[name] = [max(seen) - before, len(seen)]
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_a_fit_starts_no_thread():
    environment = {**os.environ, "OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True, env=environment)
    for name, (more, looks) in json.loads(done.stdout).items():
        assert looks > 10
        # CatBoost works in a thread of its own while the first one waits.
        assert more <= (name == "catboost"), name

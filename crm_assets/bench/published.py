"""The published size: L.POINT's CSV tables to RFM, types and the 31 columns of all customers, as of the last day.

The work of one process, without a run of Dagster's. The types are fitted for a K that is given: the search for it is
left out, as in what it is compared with. The feature table is whole: the cuts to the first 1, 2 and 3 receipts are in
it.
"""

from __future__ import annotations

from typing import Any

from crm_assets.bench.bodies import Bodies
from crm_assets.bench.stages import LOADING, OF_A_MONTH, clocked, work_of

STEPS = (*LOADING, "rfm", "types", "features")
GIVEN = {"types": {"k": 6}}


def from_landed_to_types_and_features(bodies: Bodies) -> dict[str, Any]:
    """Tells the CPU seconds of each step."""
    took: dict[str, float] = {}
    for step in STEPS:
        with clocked(took, step):
            if step in OF_A_MONTH:
                for name in OF_A_MONTH[step]:
                    bodies.make(name, bodies.project.months[-1:], **GIVEN.get(step, {}))
            else:
                work_of(step)(bodies)
    return {"cpu_of": took}

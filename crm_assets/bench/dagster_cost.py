"""What a run of Dagster's costs beside the bodies: the same months by ``crm refresh`` and by the bodies alone."""

from __future__ import annotations

from typing import Any

from crm_assets.bench.bodies import Bodies
from crm_assets.bench.stages import RAW, RECEIPTS, every_table


def first_months(bodies: Bodies, months: int) -> dict[str, Any]:
    """Landed files to the reports of the first months; tells how many steps that were."""
    bodies.take_in()
    bodies.make_dimensions()
    steps = 1 + len(bodies.project.dimensions)
    for month in bodies.project.months[:months]:
        bodies.make(RAW, [month])
        bodies.make(RECEIPTS, [month])
        steps += 2 + len(every_table(bodies, month))
    return {"steps": steps}

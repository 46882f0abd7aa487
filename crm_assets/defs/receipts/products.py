"""``products``: what is sold."""

from crm_assets.defs.making import Shown, Whole
from crm_assets.defs.shown import counted
from crm_assets.defs.table import table_asset


@table_asset(deps=["landed_files"], dimension=True)
def products(table: Whole):
    """Products without a row keep their id on the lines."""
    yield from table.publish(table.stage_delivered(), show)


def show(table: Whole) -> Shown:
    majors, middles = table.rows(
        "select count(distinct category_major), count(distinct category_middle) from products"
    )[0]
    return {
        "major categories": int(majors),
        "middle categories": int(middles),
        "by major category": counted(table.session, table.name, "category_major", "products"),
        "first products": table.as_table("select * from products order by product_id limit 10"),
    }

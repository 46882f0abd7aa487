-- The articles of every basket that are frequent by themselves (itemset_found): with everybody, or with the basket's type.
with wanted as (
  select f.set_no, f.item, g.segment_no
  from itemset_found f
  join basket_segments g on g.segment_no > 0 and (f.segment_no = 0 or f.segment_no = g.segment_no)
  group by f.set_no, f.item, g.segment_no
)
select b.basket, b.segment_no, w.set_no, b.item
from basket_items b
join wanted w on w.item = b.item and w.segment_no = b.segment_no

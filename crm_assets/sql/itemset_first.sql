-- Which baskets hold the articles that are frequent by themselves (itemset_found): with everybody, or with the basket's
-- type. The sets of one article are all children of the empty set, 0.
with wanted as (
  select f.set_no, f.item, g.segment_no
  from itemset_found f
  join basket_segments g on g.segment_no > 0 and (f.segment_no = 0 or f.segment_no = g.segment_no)
  group by f.set_no, f.item, g.segment_no
)
select b.basket, b.segment_no, 0 as parent, w.set_no, b.item as last_item
from basket_items b
join wanted w on w.item = b.item and w.segment_no = b.segment_no

-- Which baskets hold the frequent itemsets of the next level: those of the types with which they are frequent, or all.
with wanted as (
  select f.set_no, f.parent, f.item, g.segment_no
  from itemset_found f
  join basket_segments g on g.segment_no > 0 and (f.segment_no = 0 or f.segment_no = g.segment_no)
  group by f.set_no, f.parent, f.item, g.segment_no
)
select s.basket, s.segment_no, s.set_no as parent, w.set_no, w.item as last_item
from itemset_baskets s
join itemset_baskets t on t.basket = s.basket and t.parent = s.parent and t.last_item > s.last_item
join wanted w on w.parent = s.set_no and w.item = t.last_item and w.segment_no = s.segment_no

-- Which of the itemsets that itemset_counted counts are in enough baskets: of a type (its own number), or of
-- everybody (0). An itemset that is counted in part only, because its parent is not frequent with everybody, is not
-- frequent with everybody either: no set is in more baskets than its parts.
with summed as (
  select parent, item, segment_no, baskets from itemset_counted
  union all
  select parent, item, 0 as segment_no, sum(baskets) as baskets from itemset_counted group by parent, item
),
enough as (
  select s.parent, s.item, s.segment_no, s.baskets
  from summed s
  join basket_segments g on g.segment_no = s.segment_no
  where s.baskets >= g.min_baskets
),
numbered as (
  select parent, item, cast(:sets_before + row_number() over (order by parent, item) as integer) as set_no
  from (select parent, item from enough group by parent, item) as met
)
select n.set_no, e.parent, e.item, e.segment_no, cast(e.baskets as bigint) as baskets
from enough e
join numbered n on n.parent = e.parent and n.item = e.item

-- Which of the baskets laid out hold the antecedents, the consequents, and both, of the rules of :rules_month down to
-- :last_rank; of every rule those baskets that are its segment's.
with chosen as (
  select segment_id, rank, side, product_id
  from association_rule_items
  where month = :rules_month and rank <= :last_rank
),
sides as (
  select segment_id, rank, side, product_id from chosen
  union all
  select segment_id, rank, 'both' as side, product_id from chosen
),
sized as (
  select segment_id, rank, side, count(*) as articles
  from sides
  group by segment_id, rank, side
)
select s.segment_id, s.rank, s.side, i.basket
from sides s
join sized z on z.segment_id = s.segment_id and z.rank = s.rank and z.side = s.side
join basket_segments g on g.segment_id = s.segment_id
join basket_articles a on a.product_id = s.product_id
join basket_items i on i.item = a.item and (g.segment_no = 0 or g.segment_no = i.segment_no)
group by s.segment_id, s.rank, s.side, i.basket, z.articles
having count(*) = z.articles

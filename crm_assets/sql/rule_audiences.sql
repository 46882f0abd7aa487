-- Whom a rule's offer is for: customers of its segment who bought all its antecedents within the window, in whatever
-- basket, and not all its consequents.
with chosen as (
  select segment_id, rank, side, product_id
  from association_rule_items
  where month = :rules_month and rank <= :last_rank
),
sized as (
  select
    segment_id,
    rank,
    sum(case when side = 'antecedent' then 1 else 0 end) as antecedents,
    sum(case when side = 'consequent' then 1 else 0 end) as consequents
  from chosen
  group by segment_id, rank
),
bought as (
  select b.customer_id, i.segment_no, i.item
  from basket_items i
  join basket_holds b on b.basket = i.basket
  group by b.customer_id, i.segment_no, i.item
),
own as (
  select
    c.segment_id,
    c.rank,
    o.customer_id,
    sum(case when c.side = 'antecedent' then 1 else 0 end) as antecedents,
    sum(case when c.side = 'consequent' then 1 else 0 end) as consequents
  from chosen c
  join basket_segments g on g.segment_id = c.segment_id
  join basket_articles a on a.product_id = c.product_id
  join bought o on o.item = a.item and (g.segment_no = 0 or g.segment_no = o.segment_no)
  group by c.segment_id, c.rank, o.customer_id
)
select
  z.segment_id,
  z.rank,
  cast(sum(case when o.antecedents = z.antecedents and o.consequents < z.consequents then 1 else 0 end) as bigint)
    as customers_to_address
from sized z
join own o on o.segment_id = z.segment_id and o.rank = z.rank
group by z.segment_id, z.rank

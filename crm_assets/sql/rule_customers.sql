-- Rules (rule_hits) by customers: sums over them of the products of their own counts of baskets with the antecedents (a),
-- the consequents (c), both (b), and any (n). Whole numbers, so that they are the same in every order.
with visits as (
  select customer_id, max(segment_id) as segment_id, count(*) as n
  from basket_holds
  group by customer_id
),
own as (
  select
    h.segment_id,
    h.rank,
    b.customer_id,
    sum(case when h.side = 'antecedent' then 1 else 0 end) as a,
    sum(case when h.side = 'consequent' then 1 else 0 end) as c,
    sum(case when h.side = 'both' then 1 else 0 end) as b
  from rule_hits h
  join basket_holds b on b.basket = h.basket
  group by h.segment_id, h.rank, b.customer_id
),
squares as (
  select g.segment_id, sum(v.n * v.n) as nn
  from basket_segments g
  join visits v on g.segment_no = 0 or v.segment_id = g.segment_id
  group by g.segment_id
)
select
  o.segment_id,
  o.rank,
  cast(sum(case when o.b > 0 then 1 else 0 end) as bigint) as basket_customers,
  cast(sum(o.b * o.b) as bigint) as bb,
  cast(sum(o.b * o.a) as bigint) as ab,
  cast(sum(o.b * o.c) as bigint) as bc,
  cast(sum(o.b * v.n) as bigint) as bn,
  cast(sum(o.a * o.a) as bigint) as aa,
  cast(sum(o.c * o.c) as bigint) as cc,
  cast(sum(o.a * o.c) as bigint) as ac,
  cast(sum(o.a * v.n) as bigint) as an,
  cast(sum(o.c * v.n) as bigint) as cn,
  cast(q.nn as bigint) as nn
from own o
join visits v on v.customer_id = o.customer_id
join squares q on q.segment_id = o.segment_id
group by o.segment_id, o.rank, q.nn

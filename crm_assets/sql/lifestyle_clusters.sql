-- Size, spend, ranks and the nearest lifestyle. The pattern of a lifestyle is the mean over its members of the root of
-- each category's share of their spend; a distance is the Euclidean one between two patterns. Roots are summed as
-- decimals: sums of doubles differ from run to run.
with members as (
  select customer_id, lifestyle_id, lifestyle_name
  from lifestyle_assignments
  where month = :month
),
sizes as (
  select lifestyle_id, lifestyle_name, count(*) as customers
  from members
  group by lifestyle_id, lifestyle_name
),
everybody as (select count(*) as customers from members),
spend as (
  select
    m.lifestyle_id, s.category,
    sum(s.amount) as amount, sum(cast(sqrt(s.share) as decimal(18, 9))) as roots
  from category_spend s
  join members m on m.customer_id = s.customer_id
  where s.month = :month
  group by m.lifestyle_id, s.category
),
totals as (
  select lifestyle_id, sum(amount) as amount
  from spend
  group by lifestyle_id
),
habits as (
  select
    m.lifestyle_id,
    cast(sum(h.low_value_receipts) as double) / nullif(sum(h.receipts), 0) as low_value_share,
    cast(sum(h.not_present_receipts) as double) / nullif(sum(h.known_receipts), 0) as not_present_share
  from members m
  join payment_habits h on h.customer_id = m.customer_id and h.month = :month
  group by m.lifestyle_id
),
patterns as (
  select p.lifestyle_id, p.category, cast(cast(p.roots as double) / z.customers as decimal(18, 9)) as root
  from spend p
  join sizes z on z.lifestyle_id = p.lifestyle_id
),
lengths as (
  select lifestyle_id, sum(cast(root * root as decimal(18, 12))) as square
  from patterns
  group by lifestyle_id
),
products_of_pairs as (
  select a.lifestyle_id, b.lifestyle_id as other_id, sum(cast(a.root * b.root as decimal(18, 12))) as product
  from patterns a
  join patterns b on b.category = a.category and b.lifestyle_id <> a.lifestyle_id
  group by a.lifestyle_id, b.lifestyle_id
),
distances as (
  select
    a.lifestyle_id, b.lifestyle_id as other_id,
    sqrt(greatest(cast(a.square + b.square - 2 * coalesce(p.product, 0) as double), 0)) as distance
  from lengths a
  join lengths b on b.lifestyle_id <> a.lifestyle_id
  left join products_of_pairs p on p.lifestyle_id = a.lifestyle_id and p.other_id = b.lifestyle_id
),
nearest as (
  select
    lifestyle_id, other_id, distance,
    row_number() over (partition by lifestyle_id order by distance, other_id) as place
  from distances
)
select
  :month as month,
  :as_of as as_of,
  z.lifestyle_id,
  z.lifestyle_name,
  z.customers,
  cast(z.customers as double) / e.customers as share,
  t.amount as spend,
  cast(t.amount as double) / z.customers as mean_spend,
  h.low_value_share,
  h.not_present_share,
  row_number() over (order by z.customers desc, z.lifestyle_id) as rank_by_size,
  row_number() over (order by t.amount desc, z.lifestyle_id) as rank_by_spend,
  n.other_id as nearest_id,
  n.distance as nearest_distance
from sizes z
join totals t on t.lifestyle_id = z.lifestyle_id
cross join everybody e
left join habits h on h.lifestyle_id = z.lifestyle_id
left join nearest n on n.lifestyle_id = z.lifestyle_id and n.place = 1

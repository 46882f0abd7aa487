-- Every pair of lifestyles and every category that a member of either has. Cohen's h = 2 asin √p₁ − 2 asin √p₂; its
-- standard error is √(1/n₁ + 1/n₂).
with members as (
  select customer_id, lifestyle_id
  from lifestyle_assignments
  where month = :month
),
sizes as (
  select lifestyle_id, count(*) as customers
  from members
  group by lifestyle_id
),
having_it as (
  select m.lifestyle_id, s.category, count(*) as customers
  from category_spend s
  join members m on m.customer_id = s.customer_id
  where s.month = :month
  group by m.lifestyle_id, s.category
),
categories as (
  select category
  from having_it
  group by category
),
shares as (
  select
    z.lifestyle_id, z.customers, c.category,
    cast(coalesce(h.customers, 0) as double) / z.customers as share
  from sizes z
  cross join categories c
  left join having_it h on h.lifestyle_id = z.lifestyle_id and h.category = c.category
),
pairs as (
  select
    a.lifestyle_id, b.lifestyle_id as other_id, a.category,
    a.share as in_share, b.share as other_share,
    2 * asin(sqrt(a.share)) - 2 * asin(sqrt(b.share)) as effect,
    sqrt(1.0 / a.customers + 1.0 / b.customers) as error
  from shares a
  join shares b on b.category = a.category and b.lifestyle_id <> a.lifestyle_id
  where a.share > 0 or b.share > 0
)
select
  :month as month,
  :as_of as as_of,
  lifestyle_id,
  other_id,
  category,
  in_share,
  other_share,
  effect,
  case
    when in_share >= :lifestyle_difference_share and effect >= :lifestyle_difference_effect and effect >= 3 * error
      then true
    else false
  end as in_not_other
from pairs

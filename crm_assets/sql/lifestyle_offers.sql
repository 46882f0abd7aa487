-- What the offers bring the customers of each lifestyle on average; the best :offers_per_customer. The 0.00001 rounds halves up
-- (offer_worked_parts).
with sizes as (
  select lifestyle_id, count(*) as members
  from lifestyle_assignments
  where month = :month
  group by lifestyle_id
),
summed as (
  select a.lifestyle_id, s.offer_id, count(*) as customers, sum(s.net_benefit) as total_benefit
  from offer_sums s
  join lifestyle_assignments a on a.customer_id = s.customer_id and a.month = :month
  where s.net_benefit > 0
  group by a.lifestyle_id, s.offer_id
),
ranked as (
  select
    s.*,
    z.members,
    row_number() over (partition by s.lifestyle_id order by s.total_benefit desc, s.offer_id) as rank
  from summed s
  join sizes z on z.lifestyle_id = s.lifestyle_id
)
select
  :month as month,
  :as_of as as_of,
  lifestyle_id,
  rank,
  offer_id,
  customers,
  cast(customers as double) / members as share,
  cast((cast(total_benefit as double) + 0.00001) / members as decimal(18, 4)) as mean_benefit,
  total_benefit
from ranked
where rank <= :offers_per_customer

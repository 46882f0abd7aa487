-- The offers that bring every customer most, :offers_per_customer of them at most, none that would cost it.
with ranked as (
  select *, row_number() over (partition by customer_id order by net_benefit desc, offer_id) as rank
  from offer_sums
  where net_benefit > 0
)
select
  :month as month,
  :as_of as as_of,
  customer_id,
  rank,
  offer_id,
  monthly_spend,
  gross_benefit,
  capped_benefit,
  monthly_fee,
  net_benefit
from ranked
where rank <= :offers_per_customer

-- Everybody with a receipt up to :as_of. A new customer has at most :new_customer_max_receipts of them since the start
-- of history, in the window or not; of the others, who has none in the window is lapsed.
with seen as (
  select
    customer_id,
    count(*) as receipts,
    max(month) as last_month,
    min(purchase_date) as first_purchase_date,
    max(purchase_date) as last_purchase_date
  from receipts
  where month <= :month
  group by customer_id
)
select
  :month as month,
  :as_of as as_of,
  customer_id,
  case
    when receipts <= :new_customer_max_receipts then 'new'
    when last_month < :window_start then 'lapsed'
    else 'existing'
  end as lifecycle,
  receipts,
  first_purchase_date,
  last_purchase_date
from seen

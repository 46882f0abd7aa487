-- What a buy-till-you-die model sees of everybody with a receipt up to :as_of, since the start of history: purchase dates
-- after the first, days from the first to the last, days from the first to as_of.
with dates as (
  select customer_id, purchase_date
  from receipts
  where month <= :month
  group by customer_id, purchase_date
)
select
  d.customer_id,
  count(*) - 1 as repeat_dates,
  max(c.day_number) - min(c.day_number) as last_repeat_days,
  a.day_number - min(c.day_number) as age_days
from dates d
join calendar c on c.date = d.purchase_date
cross join (select day_number from calendar where date = :as_of) a
group by d.customer_id, a.day_number

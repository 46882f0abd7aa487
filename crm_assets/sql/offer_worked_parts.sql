-- What every benefit of every offer would bring every active customer in a month like those of late: the mean monthly spend
-- in its categories times its rate, and the receipts times what a receipt brings, under the benefit's cap. Each figure is
-- rounded to four decimals, half up. Quotients go by floating point, which can put an exact half a trifle below it; the
-- 0.00001 added, a tenth of an amount's last decimal, lifts such a half and nothing else, up to 10 billion.
with monthly as (
  select
    customer_id,
    category,
    cast((cast(amount as double) + 0.00001) / :months_known as decimal(18, 4)) as spend,
    cast((cast(receipts as double) + 0.00001) / :months_known as decimal(18, 4)) as receipts
  from category_spend
  where month = :month
),
summed as (
  select
    m.customer_id,
    b.offer_id,
    b.part,
    min(b.category) as first_category,
    count(*) as categories,
    max(b.rate) as rate,
    max(b.per_receipt) as per_receipt,
    max(b.cap) as cap,
    cast(sum(m.spend) as decimal(18, 4)) as monthly_spend,
    cast(sum(m.receipts) as decimal(18, 4)) as monthly_receipts
  from monthly m
  join offer_benefits b on b.category = m.category and b.month = :month
  group by m.customer_id, b.offer_id, b.part
),
worked as (
  select
    *,
    cast(monthly_spend * rate as decimal(18, 4)) + cast(monthly_receipts * per_receipt as decimal(18, 4)) as before_cap
  from summed
)
select
  customer_id,
  offer_id,
  part,
  case when categories = 1 then first_category else first_category || ' +' || (categories - 1) end as category,
  monthly_spend,
  monthly_receipts,
  rate,
  per_receipt,
  before_cap,
  cap,
  case when cap < before_cap then cap else before_cap end as after_cap
from worked

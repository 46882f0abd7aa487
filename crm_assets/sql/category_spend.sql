-- Spend per active customer and category, from :first_month to :month. A product's category is that of the products
-- file; so is a service's where its product is known there, and else its partner. What has neither is left out.
-- A receipt is told by its month, number and record type.
with lines as (
  select
    t.customer_id, t.month, t.receipt_id, t.record_type, t.amount,
    coalesce(
      case when :lifestyle_category = 'middle' then p.category_middle else p.category_major end,
      case when t.record_type = 'service' then 'partner ' || t.partner_id end
    ) as category
  from raw_transactions t
  left join products p on p.product_id = t.product_id
  where t.month between :first_month and :month and t.record_type in ('product', 'service') and t.amount > 0
),
bought as (
  select customer_id, category, month, receipt_id, record_type, sum(amount) as amount
  from lines
  where category is not null
  group by customer_id, category, month, receipt_id, record_type
),
spend as (
  select customer_id, category, sum(amount) as amount, count(*) as receipts
  from bought
  group by customer_id, category
),
totals as (
  select customer_id, sum(amount) as amount
  from spend
  group by customer_id
)
select
  :month as month,
  :as_of as as_of,
  s.customer_id,
  s.category,
  s.amount,
  s.receipts,
  cast(s.amount as double) / cast(t.amount as double) as share
from spend s
join totals t on t.customer_id = s.customer_id

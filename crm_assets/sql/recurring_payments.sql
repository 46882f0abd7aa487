-- What is paid again and again, from :first_month to :month. A payee is (partner, product); a payment is what one
-- receipt holds of it. By rhythm: paid in each of :lifestyle_months months, of which there must be two or more, at most
-- twice in one, every payment within a tenth of their mean, reckoned in whole decimals. Or marked by the source.
with lines as (
  select
    t.customer_id, t.month, t.receipt_id, t.record_type, t.partner_id, t.product_id, t.amount,
    case when a.value = 'yes' then t.amount end as marked_amount
  from raw_transactions t
  left join event_attributes a
    on a.month = t.month and a.customer_id = t.customer_id and a.receipt_id = t.receipt_id
    and a.record_type = t.record_type and a.line_no = t.line_no and a.name = 'recurring'
  where t.month between :first_month and :month and t.record_type in ('product', 'service') and t.amount > 0
    and (t.partner_id is not null or t.product_id is not null)
),
paid as (
  select
    customer_id, month, partner_id, product_id, sum(amount) as amount, sum(marked_amount) as marked_amount,
    max(case when record_type = 'service' then 1 else 0 end) as is_service
  from lines
  group by customer_id, month, partner_id, product_id, receipt_id, record_type
),
by_month as (
  select
    customer_id, partner_id, product_id, month,
    count(*) as payments, sum(amount) as amount, min(amount) as smallest, max(amount) as largest,
    count(marked_amount) as marked_payments, sum(marked_amount) as marked_amount, max(is_service) as is_service
  from paid
  group by customer_id, partner_id, product_id, month
),
payees as (
  select
    customer_id, partner_id, product_id,
    count(*) as months, max(payments) as most_a_month,
    sum(payments) as payments, sum(amount) as amount, min(smallest) as smallest, max(largest) as largest,
    sum(case when marked_payments > 0 then 1 else 0 end) as marked_months,
    sum(marked_payments) as marked_payments, sum(marked_amount) as marked_amount, max(is_service) as is_service
  from by_month
  group by customer_id, partner_id, product_id
),
judged as (
  select
    *,
    case
      when months = :lifestyle_months and :lifestyle_months > 1 and most_a_month <= 2
        and 10 * payments * largest <= 11 * amount and 10 * payments * smallest >= 9 * amount
        then 1
      else 0
    end as has_rhythm
  from payees
),
found as (
  select
    customer_id, partner_id, product_id, is_service,
    case when marked_payments > 0 then 'mark' else 'rhythm' end as found_by,
    case when has_rhythm = 1 then months else marked_months end as months,
    case when has_rhythm = 1 then payments else marked_payments end as payments,
    case when has_rhythm = 1 then amount else marked_amount end as amount
  from judged
  where has_rhythm = 1 or marked_payments > 0
)
select
  :month as month,
  :as_of as as_of,
  f.customer_id,
  row_number() over (
    partition by f.customer_id
    order by f.amount desc, f.partner_id nulls first, f.product_id nulls first
  ) as payee,
  f.partner_id,
  f.product_id,
  coalesce(
    case when :lifestyle_category = 'middle' then p.category_middle else p.category_major end,
    case when f.is_service = 1 then 'partner ' || f.partner_id end
  ) as category,
  f.found_by,
  f.months,
  f.payments,
  f.amount,
  cast(cast(f.amount as double) / :months_read as decimal(18, 4)) as monthly_amount
from found f
left join products p on p.product_id = f.product_id

-- The lines of a receipt in one row. Returns are no purchases; wallet payments count only by option
-- (:count_wallet_as_purchase). A receipt takes the time of its earliest line; the columns that a receipt has once take
-- their first value.
select
  :month as month,
  l.customer_id,
  l.receipt_id,
  min(l.purchased_at) as purchased_at,
  min(cast(l.purchased_at as date)) as purchase_date,
  extract(hour from min(l.purchased_at)) as purchase_hour,
  l.record_type,
  -- Most numbers begin with their letter, and to look no further takes half as long.
  case
    when substring(l.receipt_id, 1, 1) between 'A' and 'Z' then substring(l.receipt_id, 1, 1)
    else coalesce(nullif(upper(regexp_extract(l.receipt_id, '[A-Za-z]', 0)), ''), 'number')
  end as receipt_type,
  min(l.channel) as channel,
  min(l.partner_id) as partner_id,
  min(l.branch_id) as branch_id,
  count(*) as lines,
  sum(l.quantity) as quantity,
  sum(l.amount) as amount
from raw_transactions l
where l.month = :month
  and (l.record_type in ('product', 'service') or (l.record_type = 'wallet' and l.amount > 0 and :count_wallet_as_purchase))
group by l.customer_id, l.receipt_id, l.record_type

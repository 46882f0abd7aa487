-- What customers did in the periods of their campaigns, by the kpi that the campaign is judged by. `periods` is a temporary
-- table: campaign_id, kpi, customer_id, period, from_on, to_on (both days included). Nothing after :month is read.
with bought as (
  select
    p.campaign_id,
    p.customer_id,
    p.period,
    max(case when p.kpi <> 'online_purchase' or r.channel = 'online' then 1 else 0 end) as bought,
    sum(r.amount) as spend
  from periods p
  join receipts r
    on r.customer_id = p.customer_id and r.month <= :month and r.purchase_date between p.from_on and p.to_on
  group by p.campaign_id, p.customer_id, p.period
),
paid as (
  select p.campaign_id, p.customer_id, p.period
  from periods p
  join raw_transactions l
    on l.customer_id = p.customer_id and l.month <= :month and l.record_type = 'wallet' and l.amount > 0
    and cast(l.purchased_at as date) between p.from_on and p.to_on
  where p.kpi = 'wallet_payment'
  group by p.campaign_id, p.customer_id, p.period
)
select
  p.campaign_id,
  p.customer_id,
  p.period,
  case when p.kpi = 'wallet_payment' then case when w.customer_id is null then 0 else 1 end
    else coalesce(b.bought, 0) end as converted,
  -- A customer's own sum fits the type of a receipt.
  cast(coalesce(b.spend, 0) as decimal(18, 4)) as spend
from periods p
left join bought b on b.campaign_id = p.campaign_id and b.customer_id = p.customer_id and b.period = p.period
left join paid w on w.campaign_id = p.campaign_id and w.customer_id = p.customer_id and w.period = p.period

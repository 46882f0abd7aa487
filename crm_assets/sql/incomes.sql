-- One row per customer, day and kind, as delivered last: what one delivery has of it in several rows came in together.
with newest as (
  select customer_id, received_on, kind, max(delivered) as delivered
  from delivered_incomes
  group by customer_id, received_on, kind
)
select r.customer_id, r.received_on, r.kind, sum(r.amount) as amount
from delivered_incomes r
join newest n
  on n.customer_id = r.customer_id and n.received_on = r.received_on and n.kind = r.kind and n.delivered = r.delivered
group by r.customer_id, r.received_on, r.kind

-- One row per customer, day and kind, as delivered last.
with ranked as (
  select
    r.customer_id, r.received_on, r.kind, r.amount,
    row_number() over (
      partition by r.customer_id, r.received_on, r.kind
      order by r.delivered desc, r.rows desc, r.amount desc
    ) as choice
  from delivered_incomes r
)
select customer_id, received_on, kind, amount
from ranked where choice = 1

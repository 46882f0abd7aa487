-- Who is clustered: the customers of the window who are existing, that is, have more than :new_customer_max_receipts
-- receipts since the start of history; everybody of the window when :cluster_population = 'all'.
with receipts_to_date as (
  select customer_id, count(*) as receipts
  from receipts
  where month <= :month
  group by customer_id
)
select s.customer_id, s.recency_days, s.frequency, s.monetary
from rfm_scores s
join receipts_to_date d on d.customer_id = s.customer_id
where s.month = :month
  and (:cluster_population = 'all' or d.receipts > :new_customer_max_receipts)
order by s.customer_id

-- The clustered customers of :of_month in their cells (type and band of that month), and whether they bought in :month.
select
  a.segment_id,
  s.rfm_band,
  s.r_score,
  s.monetary,
  case when b.customer_id is null then 0 else 1 end as bought
from cluster_assignments a
join rfm_scores s on s.customer_id = a.customer_id and s.month = :of_month
left join (select distinct customer_id from receipts where month = :month) b on b.customer_id = a.customer_id
where a.month = :of_month

-- Who is clustered: the customers of the window who are not new; everybody of the window when :cluster_population is
-- 'all'.
select s.customer_id, s.recency_days, s.frequency, s.monetary
from rfm_scores s
join customer_lifecycles l on l.customer_id = s.customer_id and l.month = s.month
where s.month = :month
  and (:cluster_population = 'all' or l.lifecycle <> 'new')
order by s.customer_id

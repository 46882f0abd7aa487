with tenths as (
  select
    decile,
    count(*) as leads,
    sum(case when converted = 'yes' then 1 else 0 end) as converted,
    avg(probability) as expected_rate
  from lead_scores
  where month = :month and source <> 'scored'
  group by decile
), whole as (
  select sum(leads) as leads, sum(converted) as converted from tenths
)
select
  cast(:month as date) as month,
  cast(:as_of as date) as as_of,
  t.decile,
  t.leads,
  t.converted,
  cast(t.converted as double) / t.leads as rate,
  t.expected_rate,
  (cast(t.converted as double) / t.leads) / (cast(w.converted as double) / w.leads) as lift,
  cast(sum(t.converted) over (order by t.decile rows between unbounded preceding and current row) as double)
    / w.converted as captured_share
from tenths t cross join whole w
where w.converted > 0

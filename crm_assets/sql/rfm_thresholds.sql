-- The range of values behind every score and behind the two halves of a grade, per measure. Every level has a row, also
-- one that ties left empty; a month without customers has none.
with scored as (
  select recency_days, frequency, monetary, r_score, f_score, m_score, rfm_grade
  from rfm_scores
  where month = :month
),
levels as (
  select 'score' as kind, '1' as level
  union all select 'score', '2'
  union all select 'score', '3'
  union all select 'score', '4'
  union all select 'score', '5'
  union all select 'median', 'L'
  union all select 'median', 'H'
),
measures as (
  select 'recency_days' as measure, 'days' as unit
  union all select 'frequency', 'receipts'
  union all select 'monetary', 'currency'
),
leveled as (
  select 'recency_days' as measure, cast(recency_days as decimal(18,4)) as value, r_score as score,
    substr(rfm_grade, 1, 1) as half
  from scored
  union all
  select 'frequency', cast(frequency as decimal(18,4)), f_score, substr(rfm_grade, 2, 1) from scored
  union all
  select 'monetary', monetary, m_score, substr(rfm_grade, 3, 1) from scored
),
ranges as (
  select measure, 'score' as kind, cast(score as string) as level, min(value) as low, max(value) as high,
    count(*) as customers
  from leveled group by measure, score
  union all
  select measure, 'median', half, min(value), max(value), count(*) from leveled group by measure, half
),
everybody as (
  select count(*) as customers from scored
)
select
  :month as month, :as_of as as_of, m.measure, l.kind, l.level, r.low, r.high, m.unit,
  coalesce(r.customers, 0) as customers
from measures m
cross join levels l
cross join everybody e
left join ranges r on r.measure = m.measure and r.kind = l.kind and r.level = l.level
where e.customers > 0

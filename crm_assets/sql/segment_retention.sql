-- What became of each state of the month before, from the matrix of migration. Intervals: Wilson (1927), 95 %,
-- (p + z^2/2n -+ z * sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), fit for few customers and shares near 0 and 1.
with fates as (
  select
    scheme,
    from_state,
    customers,
    bought,
    revenue_month,
    case
      when to_state = case when scheme = 'predicted_type' then 'new' else from_state end then 'stayed'
      when to_state = 'lapsed' then 'lapsed'
      else 'moved'
    end as fate
  from segment_migration
  where month = :month and from_state <> 'first_purchase'
),
counted as (
  select
    scheme,
    from_state,
    sum(customers) as customers,
    sum(case when fate = 'stayed' then customers else 0 end) as stayed,
    sum(case when fate = 'moved' then customers else 0 end) as moved,
    sum(case when fate = 'lapsed' then customers else 0 end) as lapsed,
    sum(bought) as bought,
    sum(revenue_month) as revenue_month
  from fates
  group by scheme, from_state
),
shares as (
  select scheme, from_state, 'stayed' as share, cast(customers as double) as n, cast(stayed as double) / customers as p from counted
  union all
  select scheme, from_state, 'moved', cast(customers as double), cast(moved as double) / customers from counted
  union all
  select scheme, from_state, 'lapsed', cast(customers as double), cast(lapsed as double) / customers from counted
  union all
  select scheme, from_state, 'bought', cast(customers as double), cast(bought as double) / customers from counted
),
spread as (
  select
    s.*,
    (s.p + z.z2 / (2 * s.n)) / (1 + z.z2 / s.n) as centre,
    sqrt(z.z2 * (s.p * (1 - s.p) / s.n + z.z2 / (4 * s.n * s.n))) / (1 + z.z2 / s.n) as half
  from shares s
  cross join (select cast(3.841458820694124 as double) as z2) z
),
-- The ends touch 0 and 1 where nobody or everybody did it; rounding must not carry them past.
intervals as (
  select
    scheme, from_state, share, p,
    case when p = 0 then 0 else centre - half end as lower_end,
    case when p = 1 then 1 else centre + half end as upper_end
  from spread
)
select
  :month as month,
  :as_of as as_of,
  c.scheme,
  c.from_state,
  c.customers,
  c.stayed,
  c.moved,
  c.lapsed,
  c.bought,
  c.revenue_month,
  max(case when i.share = 'stayed' then i.p end) as stayed_share,
  max(case when i.share = 'stayed' then i.lower_end end) as stayed_lower,
  max(case when i.share = 'stayed' then i.upper_end end) as stayed_upper,
  max(case when i.share = 'moved' then i.p end) as moved_share,
  max(case when i.share = 'moved' then i.lower_end end) as moved_lower,
  max(case when i.share = 'moved' then i.upper_end end) as moved_upper,
  max(case when i.share = 'lapsed' then i.p end) as lapsed_share,
  max(case when i.share = 'lapsed' then i.lower_end end) as lapsed_lower,
  max(case when i.share = 'lapsed' then i.upper_end end) as lapsed_upper,
  max(case when i.share = 'bought' then i.p end) as bought_share,
  max(case when i.share = 'bought' then i.lower_end end) as bought_lower,
  max(case when i.share = 'bought' then i.upper_end end) as bought_upper
from counted c
join intervals i on i.scheme = c.scheme and i.from_state = c.from_state
group by c.scheme, c.from_state, c.customers, c.stayed, c.moved, c.lapsed, c.bought, c.revenue_month

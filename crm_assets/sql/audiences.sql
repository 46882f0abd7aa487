-- Who is in which campaign of the month, and who of them is held out. A customer gets the first strategy of every goal,
-- in the order of the catalogue `campaigns_per_customer` of them at most; whoever refused messages is in none. Which arm
-- is decided by the first eight hexadecimal digits of a hash of campaign and customer, below :holdout_below = control:
-- the same on every machine and engine, in every run, and another draw in every campaign.
with wanted as (
  select
    c.customer_id, c.strategy_id, c.segment_id, c.rfm_band,
    row_number() over (partition by c.customer_id order by c.rank) as turn
  from customer_strategies c
  where c.month = :month and c.goal_rank = 1
),
chosen as (
  select
    concat(substr(cast(:month as string), 1, 7), '-', w.strategy_id) as campaign_id,
    w.customer_id, w.strategy_id, s.channel, s.brings, s.at_peak_hours, s.window_days,
    coalesce(w.segment_id, 'none') as segment_id,
    coalesce(w.rfm_band, 'none') as rfm_band,
    a.preferred_channel, a.consent
  from wanted w
  join strategies s on s.strategy_id = w.strategy_id and s.month = :month
  left join response_rates a on a.customer_id = w.customer_id and a.month = :month
  where w.turn <= :campaigns_per_customer
    and coalesce(a.consent, case when :require_consent then 'no' else 'yes' end) = 'yes'
),
articles as (
  select
    customer_id,
    max(case when rank = 1 then product_id end) as product_1,
    max(case when rank = 2 then product_id end) as product_2,
    max(case when rank = 3 then product_id end) as product_3
  from recommendations
  where month = :month and rank <= 3
  group by customer_id
),
bundles as (
  select segment_id, concat(antecedent_names, ' + ', consequent_names) as bundle
  from bundle_proposals
  where month = :month and rank = 1
),
days as (
  select b.date as day, b.day_number - a.day_number as ahead
  from calendar b
  join calendar a on a.date = :as_of
  where b.day_number > a.day_number
)
select
  :month as month,
  :as_of as as_of,
  c.campaign_id,
  c.customer_id,
  case
    when substr(md5(concat(c.campaign_id, ':', c.customer_id)), 1, 8) < :holdout_below then 'control' else 'treatment'
  end as arm,
  cast(:holdout_share as double) as holdout_share,
  c.strategy_id,
  c.segment_id,
  c.rfm_band,
  c.channel,
  c.preferred_channel,
  case when c.at_peak_hours then h.peak_hour_from end as send_hour,
  case when c.brings like '%offer%' then o.offer_id end as offer_id,
  case when c.brings like '%offer%' then o.net_benefit end as offer_net_benefit,
  case when c.brings like '%recommendations%' then p.product_1 end as product_1,
  case when c.brings like '%recommendations%' then p.product_2 end as product_2,
  case when c.brings like '%recommendations%' then p.product_3 end as product_3,
  case when c.brings like '%bundle%' then coalesce(own.bundle, everybodys.bundle) end as bundle,
  c.consent,
  first.day as starts_on,
  last.day as ends_on
from chosen c
join days first on first.ahead = 1
join days last on last.ahead = c.window_days
left join strategy_choices h
  on h.month = :month and h.strategy_id = c.strategy_id and h.segment_id = c.segment_id and h.rfm_band = c.rfm_band
left join offer_matches o on o.customer_id = c.customer_id and o.month = :month and o.rank = 1
left join articles p on p.customer_id = c.customer_id
left join bundles own on own.segment_id = c.segment_id
left join bundles everybodys on everybodys.segment_id = 'all'

-- The model columns of every customer: once for its history up to as_of and, for existing customers, once for each
-- cut to its first receipts. `cutoffs` (cutoff, place, receipts_kept) lists the cuts, so all histories are one text.
-- Only integers and decimals are summed, and divided at the end: sums of doubles differ from run to run.
with first_signals as (
  select signal, date, value
  from (
    select signal, date, value, row_number() over (partition by signal order by date) as day_of_series
    from daily_signals
    where signal in ('new_cases', 'new_deaths')
  ) as s
  where day_of_series = 1
),
days as (
  -- A day before a series starts takes its first value.
  select
    c.date, c.year, c.month_of_year, c.season, c.day_of_month, c.weekday, c.is_weekend,
    max(case when f.signal <> 'new_cases' then null when c.date < f.date then f.value else s.value end) as new_cases,
    max(case when f.signal <> 'new_deaths' then null when c.date < f.date then f.value else s.value end) as new_deaths
  from calendar c
  left join first_signals f on f.date is not null
  left join daily_signals s on s.signal = f.signal and s.date = c.date
  group by c.date, c.year, c.month_of_year, c.season, c.day_of_month, c.weekday, c.is_weekend
),
known_customers as (
  -- A new customer is not cut, the others to no more receipts than they have.
  select
    customer_id,
    row_number() over (order by customer_id) as customer_no,
    case when lifecycle = 'new' then 0 else receipts end as longest_cut
  from customer_lifecycles
  where month = :month
),
numbered as (
  select
    r.customer_id, c.customer_no, c.longest_cut, receipt_id, receipt_type, purchased_at, purchase_date, purchase_hour,
    channel, partner_id, quantity, amount,
    row_number() over (partition by customer_no order by purchased_at, receipt_id, record_type) as n,
    lag(purchase_date) over (partition by customer_no order by purchased_at, receipt_id, record_type) as date_before
  from receipts r
  join known_customers c on c.customer_id = r.customer_id
  where month <= :month
),
kept as (
  -- A date's signals count once, with its first receipt. A history is a customer up to a cut-off; its number is what
  -- the many groupings below go by, because two texts would take them twice as long.
  select
    100 * r.customer_no + k.place as history_no, k.cutoff, r.customer_id, r.n, r.purchased_at, r.purchase_hour, r.channel,
    r.partner_id, r.quantity, r.amount,
    d.year, d.month_of_year, d.season, d.day_of_month, d.weekday, d.is_weekend,
    length(r.receipt_id) as id_length,
    r.receipt_type,
    substring(r.partner_id, 1, 1) as partner_type,
    case
      when r.purchase_hour < 6 then 'dawn'
      when r.purchase_hour < 12 then 'morning'
      when r.purchase_hour < 18 then 'afternoon'
      else 'evening'
    end as daypart,
    case when r.purchase_hour between 9 and 18 then 'work' else 'rest' end as work_hours,
    case when r.quantity > 0 then cast(cast(r.amount as double) / r.quantity as decimal(18, 6)) end as unit_amount,
    case when r.date_before is null or r.date_before <> r.purchase_date then d.new_cases end as new_cases,
    case when r.date_before is null or r.date_before <> r.purchase_date then d.new_deaths end as new_deaths
  from numbered r
  join days d on d.date = r.purchase_date
  cross join cutoffs k
  where r.n <= k.receipts_kept
    and (k.cutoff = 'as_of' or k.receipts_kept <= r.longest_cut)
),
counted as (
  -- Every value of every column that has a mode; a null is no value. The weight orders by the number of receipts, then
  -- by the last of them: the greatest is the mode's, the most recent one's in a tie.
  select
    history_no,
    case
      when grouping(receipt_type) = 0 then 'receipt_type'
      when grouping(year) = 0 then 'year'
      when grouping(month_of_year) = 0 then 'month'
      when grouping(season) = 0 then 'season'
      when grouping(weekday) = 0 then 'weekday'
      when grouping(purchase_hour) = 0 then 'hour'
      when grouping(daypart) = 0 then 'daypart'
      when grouping(work_hours) = 0 then 'work_hours'
      when grouping(channel) = 0 and channel is not null then 'channel'
      when grouping(partner_type) = 0 and partner_type is not null then 'partner_type'
      when grouping(partner_id) = 0 and partner_id is not null then 'partner'
    end as what,
    1000000000 * count(*) + max(n) as weight
  from kept
  group by grouping sets (
    (history_no, receipt_type),
    (history_no, year),
    (history_no, month_of_year),
    (history_no, season),
    (history_no, weekday),
    (history_no, purchase_hour),
    (history_no, daypart),
    (history_no, work_hours),
    (history_no, channel),
    (history_no, partner_type),
    (history_no, partner_id)
  )
),
deciding as (
  -- The number of the receipt that holds the mode.
  select
    history_no,
    max(case when what = 'receipt_type' then weight end) % 1000000000 as receipt_type,
    max(case when what = 'year' then weight end) % 1000000000 as year,
    max(case when what = 'month' then weight end) % 1000000000 as month,
    max(case when what = 'season' then weight end) % 1000000000 as season,
    max(case when what = 'weekday' then weight end) % 1000000000 as weekday,
    max(case when what = 'hour' then weight end) % 1000000000 as hour,
    max(case when what = 'daypart' then weight end) % 1000000000 as daypart,
    max(case when what = 'work_hours' then weight end) % 1000000000 as work_hours,
    max(case when what = 'channel' then weight end) % 1000000000 as channel,
    max(case when what = 'partner_type' then weight end) % 1000000000 as partner_type,
    max(case when what = 'partner' then weight end) % 1000000000 as partner
  from counted
  group by history_no
),
measured as (
  select
    min(r.cutoff) as cutoff,
    min(r.customer_id) as customer_id,
    max(r.purchased_at) as cutoff_at,
    count(*) as receipts,
    cast(sum(r.id_length) as double) / count(*) as receipt_id_length_mean,
    max(r.id_length) as receipt_id_length_max,
    max(case when r.n = d.receipt_type then r.receipt_type end) as receipt_type_mode,
    max(case when r.n = d.month then r.month_of_year end) as purchase_month_mode,
    cast(sum(r.month_of_year) as double) / count(*) as purchase_month_mean,
    max(case when r.n = d.season then r.season end) as purchase_season_mode,
    cast(sum(r.day_of_month) as double) / count(*) as purchase_day_mean,
    max(case when r.n = d.weekday then r.weekday end) as weekday_mode,
    max(r.weekday) as weekday_max,
    case when 2 * sum(r.is_weekend) >= count(*) then 'weekend' else 'weekday' end as weekend_preference,
    max(case when r.n = d.year then r.year end) as purchase_year_mode,
    cast(sum(r.purchase_hour) as double) / count(*) as purchase_hour_mean,
    max(case when r.n = d.hour then r.purchase_hour end) as purchase_hour_mode,
    max(case when r.n = d.daypart then r.daypart end) as daypart_mode,
    max(case when r.n = d.work_hours then r.work_hours end) as work_hours_mode,
    cast(max(r.amount) as double) as receipt_amount_max,
    cast(min(r.amount) as double) as receipt_amount_min,
    cast(sum(r.quantity) as double) / count(r.quantity) as quantity_mean,
    cast(max(r.quantity) as double) as quantity_max,
    cast(min(r.quantity) as double) as quantity_min,
    case when min(r.channel) < max(r.channel) then 'both' else min(r.channel) end as channel_use,
    max(case when r.n = d.channel then r.channel end) as channel_mode,
    max(case when r.n = d.partner_type then r.partner_type end) as partner_type_mode,
    max(case when r.n = d.partner then r.partner_id end) as partner_mode,
    cast(sum(r.amount) as double) / count(*) as receipt_amount_mean,
    cast(sum(r.unit_amount) as double) / count(r.unit_amount) as unit_amount_mean,
    cast(sum(r.new_cases) as double) / count(r.new_cases) as new_cases_mean,
    cast(sum(r.new_deaths) as double) / count(r.new_deaths) as new_deaths_mean
  from kept r
  join deciding d on d.history_no = r.history_no
  group by r.history_no
),
wallet as (
  select customer_id, min(purchased_at) as first_payment_at
  from raw_transactions
  where month <= :month and record_type = 'wallet'
  group by customer_id
)
select
  :month as month,
  :as_of as as_of,
  m.*,
  case
    when m.cutoff = 'as_of' and w.customer_id is not null then 1
    when s.first_payment_at is null or (m.cutoff <> 'as_of' and s.first_payment_at > m.cutoff_at) then null
    when w.first_payment_at <= m.cutoff_at then 1
    else 0
  end as wallet_user,
  c.gender,
  c.age_band
from measured m
left join wallet w on w.customer_id = m.customer_id
left join customers c on c.customer_id = m.customer_id
cross join (select min(first_payment_at) as first_payment_at from wallet) s

-- One row per day and signal, as delivered last; days without a value are left out.
with ranked as (
  select
    s.date, s.signal, s.value,
    row_number() over (partition by s.date, s.signal order by s.delivered desc, s.rows desc, s.value) as choice
  from delivered_daily_signals s
  where s.value is not null
)
select date, signal, value from ranked where choice = 1

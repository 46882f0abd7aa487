-- The campaigns whose window is known to be over at the end of the month, and was not at the end of the month before
-- (:known_until and :known_before, known_until.sql): each is judged once, a shop that was closed at a month's end a month
-- later. The time before is as long as the window and ends the day before it.
select
  c.month, c.campaign_id, c.strategy_id, c.kpi, c.holdout_share, c.starts_on, c.ends_on,
  -- Days before the calendar's first year are before history too.
  coalesce(b.date, :history_start) as before_on,
  l.date as before_ends_on
from campaigns c
join calendar s on s.date = c.starts_on
join calendar e on e.date = c.ends_on
join calendar l on l.day_number = s.day_number - 1
left join calendar b on b.day_number = 2 * s.day_number - e.day_number - 1
where c.month < :month and e.day_number > :known_before and e.day_number <= :known_until

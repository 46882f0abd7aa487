-- The leads that had come in by as_of, with their outcome where it was known by then: on the day on which it is said to
-- have been decided, or, without such a day, when :outcome_day (as_of less lead_outcome_days) is not before the lead.
select
  lead_id, created_at, company_id, owner_id, message,
  case
    when converted is null then null
    when coalesce(decided_on <= :as_of, created_at <= :outcome_day) then case when converted = 'yes' then 1 else 0 end
  end as converted
from leads
where created_at <= :as_of

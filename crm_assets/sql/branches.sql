-- One row per branch of a partner, as delivered last.
with ranked as (
  select
    s.branch_id, s.partner_id, s.region, s.district,
    row_number() over (
      partition by s.branch_id, s.partner_id
      order by s.delivered desc, s.rows desc, s.region nulls last, s.district nulls last
    ) as choice
  from delivered_branches s
)
select branch_id, partner_id, region, district from ranked where choice = 1

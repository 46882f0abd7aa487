-- One row per lead, as the newest delivery has it; of two rows of one delivery the one that tells most, then by content.
with ranked as (
  select
    s.*,
    row_number() over (
      partition by s.lead_id
      order by
        s.delivered desc, s.created_at desc, s.decided_on desc nulls last, s.converted desc nulls last,
        s.company_id nulls last, s.owner_id nulls last, s.message nulls last, s.attributes nulls last
    ) as choice
  from delivered_leads s
)
select lead_id, created_at, company_id, owner_id, message, converted, decided_on, attributes from ranked where choice = 1

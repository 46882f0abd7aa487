-- One row per customer, campaign, channel and day, as delivered last: a later file knows more of what was opened.
with ranked as (
  select
    r.customer_id, r.campaign_id, r.message_channel, r.sent_on, r.opened, r.clicked, r.converted, r.consent,
    row_number() over (
      partition by r.customer_id, r.campaign_id, r.message_channel, r.sent_on
      order by r.delivered desc, r.rows desc, r.converted desc nulls last, r.clicked desc nulls last,
        r.opened desc nulls last, r.consent nulls last
    ) as choice
  from delivered_marketing_responses r
)
select customer_id, campaign_id, message_channel, sent_on, opened, clicked, converted, consent
from ranked where choice = 1

-- One row per customer, campaign, channel and day, as delivered last: a later file knows more of what was opened. A value
-- that is not known refuses no file, since a refusal in another row of it must count: a way becomes other, an answer
-- empty, and a consent that is neither yes nor no is none.
with understood as (
  select
    customer_id, campaign_id, sent_on, delivered, rows,
    case when message_channel in ('email', 'kakao', 'push', 'sms') then message_channel else 'other' end
      as message_channel,
    case when opened in ('yes', 'no') then opened end as opened,
    case when clicked in ('yes', 'no') then clicked end as clicked,
    case when converted in ('yes', 'no') then converted end as converted,
    case when consent = 'yes' then 'yes' when consent is not null then 'no' end as consent
  from delivered_marketing_responses
),
ranked as (
  select
    r.customer_id, r.campaign_id, r.message_channel, r.sent_on, r.opened, r.clicked, r.converted, r.consent,
    row_number() over (
      partition by r.customer_id, r.campaign_id, r.message_channel, r.sent_on
      order by r.delivered desc, r.rows desc, r.converted desc nulls last, r.clicked desc nulls last,
        r.opened desc nulls last, r.consent nulls last
    ) as choice
  from understood r
)
select customer_id, campaign_id, message_channel, sent_on, opened, clicked, converted, consent
from ranked where choice = 1

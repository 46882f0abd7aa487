-- The benefits of the matches, worked out.
select :month as month, :as_of as as_of, p.*
from offer_parts p
join staged_offer_matches m on m.customer_id = p.customer_id and m.offer_id = p.offer_id

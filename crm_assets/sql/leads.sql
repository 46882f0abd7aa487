select lead_id, created_at, company_id, owner_id, message, converted, decided_on from newest_leads

"""Which leads become customers: what is known of them, how it is learned, who is called first. Floor: prediction's."""

"""`/admin/…`: one resource for each administrative command; for administrators over TCP, and for the operator."""

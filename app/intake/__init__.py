"""The door: bytes become a quote request, a quote request becomes a lead."""

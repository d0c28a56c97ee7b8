"""Leads from other form services: their tables, read by the rules of the door."""

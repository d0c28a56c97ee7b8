"""Leads in figures: by day, status, source, country and form, how soon they are answered, how they are delivered."""

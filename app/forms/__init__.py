"""Forms: one place on one website that may send requests, with its consent wordings."""

"""What was done, by whom: rows that are only ever added, chained so that tampering shows."""

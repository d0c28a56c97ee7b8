"""The rules of each field: what was typed becomes one normalised value, or a problem that repeats nothing."""

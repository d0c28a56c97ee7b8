"""Search over sealed data: what is looked for, where the tokens say that it may be, and what opening shows."""

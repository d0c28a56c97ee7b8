"""Every change of a lead, in the order of commits: as pages to follow, and as a stream of server-sent events."""

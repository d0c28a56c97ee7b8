"""The promise to bring one event to one destination, and the engine that keeps it."""

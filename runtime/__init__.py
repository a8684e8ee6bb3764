"""The composition root: settings read once, parts put together, processes started and stopped."""

"""Ways out: one file a provider. A channel takes one message and says what became of it; it knows nothing of journeys."""

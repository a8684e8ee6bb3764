"""What the journeys mean. Pure: no clock, no database, no network; whoever calls says what time it is and what is known."""

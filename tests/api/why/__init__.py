"""Why something went out to an account, and why something else did not."""

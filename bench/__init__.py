"""What Tenure costs and how it grows, measured side by side with a bare Temporal workflow."""

# The parts of `make bench`, each a module here whose `measure` answers its findings.
PARTS = ("throughput", "latency", "sleepers", "simulated", "years", "foreseen", "checked", "reports", "actions")

"""What Tenure costs and how it grows, measured side by side with a bare Temporal workflow."""

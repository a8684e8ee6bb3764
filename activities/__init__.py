"""What turns do: read, decide by the domain's rules, write, and then reach out. Everything here may run twice and happens once."""

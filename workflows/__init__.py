"""Temporal's side: shells that sleep, listen and ask for the next turn. Nothing here decides anything."""

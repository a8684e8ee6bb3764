"""Journey tests as CS ops write them: what may be said, what is found wrong, and how a difference is told."""

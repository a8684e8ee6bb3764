"""Words: what a template may say, what it comes out as for one reader, and what a name may never do to a mail, a post or a task."""

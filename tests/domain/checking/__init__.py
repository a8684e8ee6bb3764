"""`tenure check`: each fault of a text is a sentence at its place. Lines count from the text of the row, columns from its step."""

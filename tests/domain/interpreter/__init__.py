"""Stories of one run: what each verb does, when, to whom, and what changes it. Everything goes through `advance` and virtual time.

A touch reads `day hour kind what to whom`; day 0 is a Monday, nobody acts unless the story says so.
"""

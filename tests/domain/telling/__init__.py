"""What follows from one telling: which runs begin, now or on a later day, which are told of it, and what becomes known.

Day 0 is Monday 5 January 2026, the day the account's contract of a year begins; its owner works in Berlin from nine.
"""

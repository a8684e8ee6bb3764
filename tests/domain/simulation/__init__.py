"""Whole stories in virtual time: how our people behave, who stands in for whom, several journeys beside each other, and what comes next.

Day 0 is a Monday, ten in Berlin; a touch reads `day hour kind what to whom`.
"""

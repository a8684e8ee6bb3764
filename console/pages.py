"""Placeholder until the pages are written."""

from fastapi import FastAPI


def install(app: FastAPI) -> None:
    pass

"""How these tests look at a request that was refused: what the answer says, and that nothing of it was stored."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from database.engine import Database
from database.tables import metadata

FIELDS = {"type", "title", "status", "detail", "errors", "request_id"}
NOT_LOOKED_AT = ("definitions", "publications", "api_keys")


def refused(answer: Any, status: int, code: str, *words: str) -> dict[str, Any]:
    """The problem document of an answer. It must be complete, of this status and code, and hold these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert set(document) == FIELDS
    assert (document["type"], document["status"]) == (f"urn:tenure:problem:{code}", status), document
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["x-request-id"]
    said = " ".join([document["detail"], *(error["message"] for error in document["errors"])])
    for word in words:
        assert word in said
    return document


def stored(database: Database) -> dict[str, list[Any]]:
    """Every row there is, but for keys and what is published."""
    looked_at = [each for each in metadata.sorted_tables if each.name not in NOT_LOOKED_AT]
    with database.read() as session:
        return {each.name: [tuple(row) for row in session.execute(select(each))] for each in looked_at}

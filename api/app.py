"""The API put together."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from api import accounts, approvals, enrollments, escalations, events, health, holds, journeys, messages, people, problems, tasks
from api.door import Door
from api.keys import Keys
from api.problems import ProblemOut
from api.services import Services

ROUTERS: tuple[APIRouter, ...] = (
    events.router, accounts.router, people.router, health.router, enrollments.router, tasks.router, approvals.router, escalations.router,
    holds.router, journeys.router, messages.router,
)  # fmt: skip
ERRORS = {status: {"model": ProblemOut, "description": problems.TITLES[status]} for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)}


def create(services: Services, version: str) -> FastAPI:
    """The application of one process."""
    app = FastAPI(
        title="Tenure",
        version=version,
        summary="Durable customer journeys for Customer Success",
        description="Send your key as `Authorization: Bearer tn_live_…`. Errors are problem documents (RFC 9457) that say what to do.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.services = services
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, responses=ERRORS)  # type: ignore[arg-type]
    app.add_middleware(Door, keys=Keys(services.database))

    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", tags=["operation"], summary="Whether everything works: database, Temporal, worker")
    async def readyz() -> JSONResponse:
        """200 once a write, a workflow start and a turn of the worker all succeed; 503 with what does not."""
        found = await services.ready()
        well = all(state == "ok" for state in found.values())
        return JSONResponse({"status": "ready" if well else "not ready", "parts": found}, 200 if well else 503)

    return app

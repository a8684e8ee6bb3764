"""The API put together."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from api import (
    accounts,
    answers,
    approvals,
    enrollments,
    erasures,
    escalations,
    events,
    health,
    holds,
    journeys,
    messages,
    orders,
    people,
    problems,
    sending,
    shadow,
    suppressions,
    tasks,
    webhooks,
    why,
)
from api.door import Door
from api.keys import Keys
from api.pace import Pace
from api.problems import ProblemOut
from api.services import Services
from api.webhooks import Signatures

ROUTERS: tuple[APIRouter, ...] = (
    events.router, accounts.router, people.router, health.router, enrollments.router, orders.router, tasks.router, approvals.router,
    escalations.router, holds.router, journeys.router, messages.router, sending.router, why.router, shadow.router, suppressions.router,
    answers.router, erasures.router,
)  # fmt: skip
ERRORS = {status: {"model": ProblemOut, "description": title} for status, title in problems.TITLES.items() if status != 405}
# Made once: FastAPI takes a millisecond for each route, and who makes several applications pays that again for all of them.
_included = APIRouter()
for _router in ROUTERS:
    _included.include_router(_router, responses=ERRORS)  # type: ignore[arg-type]


class Api(FastAPI):
    """Its document says of errors that they are problem documents; FastAPI would have all answers be of one media type."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            for path in super().openapi()["paths"].values():
                for operation in path.values():
                    for status, response in operation["responses"].items():
                        if status >= "400" and "content" in response:
                            response["content"] = {"application/problem+json": response["content"]["application/json"]}
        return super().openapi()


def create(services: Services, version: str, pace: Pace | None = None, signatures: Signatures | None = None) -> FastAPI:
    """The application of one process."""
    app = Api(
        title="Tenure",
        version=version,
        summary="Durable customer journeys for Customer Success",
        description="Send your key as `Authorization: Bearer tn_live_…`. Errors are problem documents (RFC 9457) that say what to do.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    app.state.services = services
    problems.install(app)
    app.router.routes.extend(_included.routes)
    webhooks.install(app, services, signatures or Signatures())
    app.add_middleware(Door, keys=Keys(services.database), pace=pace or Pace())

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

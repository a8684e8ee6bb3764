"""Which zone a country keeps, where all of it keeps the same time: by the tables of the pinned `tzdata`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

# Zones that agree on each of these days keep the same time: Europe/Berlin and Europe/Busingen, not Asia/Shanghai and Asia/Urumqi.
_COMPARED = tuple(datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=10 * count) for count in range(330))


@cache
def of_country(country: str) -> str | None:
    """The zone of an ISO 3166 country; None where its parts keep different times, and for what is no country."""
    zones = _zones().get(country, ())
    kept = {tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in _COMPARED) for zone in zones}
    return zones[0] if len(kept) == 1 else None


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    """https://data.iana.org/time-zones/tzdb/zone.tab: country, coordinates, zone; the most populous zone of a country first."""
    found: dict[str, tuple[str, ...]] = {}
    for line in resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[country] = (*found.get(country, ()), zone)
    return found

"""What SendGrid tells of the mails it took: late, in no order, up to three times, and again until somebody has it."""

from __future__ import annotations

import heapq
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2

from tests import signing
from tests.fakes import Delivery

SILENT_SHARE = 0.1  # of mails nothing is ever told
MOST_AT_ONCE = 60
LATEST_SECONDS = 4.0
AGAIN_SECONDS = 0.7


class Postman:
    """`took` is told of every mail; `told` says when somebody had the word of it. An address in `bouncing` bounces."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(f"postman {seed}")
        self.lock = threading.Lock()
        self.waiting: list[tuple[float, int, dict[str, Any]]] = []
        self.count = 0
        self.bouncing: set[str] = set()
        self.told: dict[tuple[str, str], float] = {}  # by message and event
        self.answers: Counter[int] = Counter()
        self.url = ""
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._deliver, daemon=True)

    def start(self, api: str) -> None:
        self.url = f"{api}/v1/webhooks/sendgrid/events"
        self.thread.start()

    def stop(self) -> None:
        self.stopped.set()
        if self.thread.is_alive():
            self.thread.join()

    def took(self, delivery: Delivery) -> None:
        now = time.time()
        with self.lock:
            bounces = delivery.to in self.bouncing
            if self.chance.random() < SILENT_SHARE and not bounces:
                return
            for event in self._events(delivery, now, bounces):
                for _ in range(self.chance.randint(1, 3)):
                    self._put(now + self.chance.uniform(0.2, LATEST_SECONDS), event)

    def _events(self, delivery: Delivery, now: float, bounces: bool) -> Iterator[dict[str, Any]]:
        for name in ("processed", "bounce" if bounces else "delivered"):
            self.count += 1
            yield {
                "event": name, "message_id": delivery.message_id, "email": delivery.to, "timestamp": int(now), "sg_event_id": str(self.count),
                "sg_message_id": f"sg-{delivery.message_id}.recvd", **({"type": "bounce", "reason": "550 no such user"} if name == "bounce" else {}),
            }  # fmt: skip

    def _put(self, at: float, event: dict[str, Any]) -> None:
        self.count += 1
        heapq.heappush(self.waiting, (at, self.count, event))

    @property
    def is_idle(self) -> bool:
        with self.lock:
            return not self.waiting

    def _deliver(self) -> None:
        while not self.stopped.wait(0.1):
            now = time.time()
            batch: list[dict[str, Any]] = []
            with self.lock:
                while self.waiting and self.waiting[0][0] <= now and len(batch) < MOST_AT_ONCE:
                    batch.append(heapq.heappop(self.waiting)[2])
                self.chance.shuffle(batch)
            if batch and not self._take(batch):
                with self.lock:
                    for event in batch:
                        self._put(now + AGAIN_SECONDS, event)

    def _take(self, batch: list[dict[str, Any]]) -> bool:
        body = json.dumps(batch).encode()
        try:
            answer = httpx2.post(self.url, content=body, headers=signing.sendgrid(body, datetime.now(UTC)), timeout=10)
        except httpx2.HTTPError:
            self.answers[0] += 1
            return False
        self.answers[answer.status_code] += 1
        if answer.status_code != 200:
            return False
        for event in batch:
            self.told.setdefault((event["message_id"], event["event"]), time.time())
        return True

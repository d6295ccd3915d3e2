"""A trainer that executes the code it is given. It reports over plain HTTP, without the SDK."""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request

JOB = os.environ.get("ARKOR_RUN_JOB", "")


def call(method: str, path: str, body: bytes) -> tuple[int, dict]:
    request = urllib.request.Request(
        os.environ["ARKOR_RUN_URL"] + path,
        body,
        {"X-Arkor-Studio-Token": os.environ["ARKOR_RUN_TOKEN"], "Content-Type": "application/json"},
        method=method,
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def describe(name: str, config: dict | None = None) -> tuple[int, dict]:
    return call("PUT", f"/api/jobs/{JOB}", json.dumps({"name": name, "config": config or {}}).encode())


def send(*events: tuple[int, str, dict]) -> tuple[int, dict]:
    """Each event as (seq, name, data)."""
    batch = [{"seq": seq, "event": name, "data": data} for seq, name, data in events]
    return call("POST", f"/api/jobs/{JOB}/events", json.dumps({"events": batch}).encode())


if __name__ == "__main__":
    exec(compile(sys.argv[1], "<trainer>", "exec"), globals())

"""Sanitises a slash command and publishes it to Pub/Sub by plain REST."""

import json
import os
import sys
import threading
import time
from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPSConnection

# An allow-list, so that a secret that Discord adds one day does not end up in the topic.
PUBLISHED = (
    "type", "id", "application_id", "version", "guild_id", "channel_id",
    "data", "member", "user", "locale", "guild_locale",
)  # fmt: skip


def message_of(interaction):
    kept = {name: interaction[name] for name in PUBLISHED if name in interaction}
    data = interaction.get("data")
    now = time.time()
    return {
        "data": b64encode(json.dumps(kept).encode()).decode(),
        "attributes": {
            "interaction_id": _text(interaction.get("id")),
            "interaction_type": "2",
            "application_id": _text(interaction.get("application_id")),
            "guild_id": _text(interaction.get("guild_id")),
            "channel_id": _text(interaction.get("channel_id")),
            "command_name": _text(data.get("name")) if isinstance(data, dict) else "",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z",
        },
    }


def _text(value):
    return value if isinstance(value, str) else ""


def publisher():
    """A function that publishes one interaction and returns when Pub/Sub has it."""
    project, topic = os.environ.get("GOOGLE_CLOUD_PROJECT"), os.environ.get("PUBSUB_TOPIC")
    if not project or not topic:
        print("GOOGLE_CLOUD_PROJECT or PUBSUB_TOPIC is not set: slash commands are not published", file=sys.stderr)
        return lambda interaction: None
    path = f"/v1/projects/{project}/topics/{topic}:publish"
    emulator = os.environ.get("PUBSUB_EMULATOR_HOST")
    token = None if emulator else _AccessToken()
    # Each request runs in a thread of its own, so a connection is taken out of the pool while it is used.
    pool = []

    def publish(interaction):
        body = json.dumps({"messages": [message_of(interaction)]})
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = "Bearer " + token.value()
        try:
            connection, pooled = pool.pop(), True
        except IndexError:
            connection, pooled = _connect(emulator), False
        try:
            status = _post(connection, path, body, headers)
        except (OSError, HTTPException):
            connection.close()
            if not pooled:
                raise
            # The other side had closed the idle connection: once more on a fresh one.
            connection = _connect(emulator)
            status = _post(connection, path, body, headers)
        pool.append(connection)
        if status != 200:
            raise OSError(f"Pub/Sub answered {status}")

    return publish


def _connect(emulator):
    if emulator:
        return HTTPConnection(emulator, timeout=10)
    return HTTPSConnection("pubsub.googleapis.com", timeout=10)


def _post(connection, path, body, headers):
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    response.read()
    return response.status


class _AccessToken:
    """The service account's token from the metadata server, kept until a minute before it expires."""

    def __init__(self):
        self._lock = threading.Lock()
        self._value = ""
        self._until = 0.0

    def value(self):
        with self._lock:
            if time.monotonic() >= self._until:
                self._fetch()
            return self._value

    def _fetch(self):
        connection = HTTPConnection(os.environ.get("GCE_METADATA_HOST", "metadata.google.internal"), timeout=5)
        try:
            path = "/computeMetadata/v1/instance/service-accounts/default/token"
            connection.request("GET", path, headers={"Metadata-Flavor": "Google"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise OSError(f"the metadata server answered {response.status}")
        answer = json.loads(body)
        self._value = answer["access_token"]
        self._until = time.monotonic() + answer["expires_in"] - 60

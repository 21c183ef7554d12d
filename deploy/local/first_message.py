"""The first message a newcomer sends: the one place for its body."""

import json

BODY = {"to": {"email": "ada@example.com"}, "template": "welcome", "data": {"name": "Ada"}}


def curl(api_url: str, api_key: str) -> str:
    """A command line that sends it when pasted."""
    return (
        f"curl -X POST {api_url}/v1/notifications -H 'Authorization: Bearer {api_key}'"
        f" -H 'Content-Type: application/json' -d '{json.dumps(BODY)}'"
    )

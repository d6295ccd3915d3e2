"""A small OpenID Connect provider that signs in a given person without a login page."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from .scripted import Answer, Request, ScriptedServer, head, json_answer

CLIENT_ID = "arkor-dash"
CLIENT_SECRET = "cAnArY-cL1eNt_7hQwErTyUiOpAsDfGhJkL"
COOKIE_SECRET = "cAnArY-c00kIe_ZxCvBnMqWeRtYuIoPlKjHgF"


@dataclass
class Provider:
    """`person`: the claims of the person who signs in next. `issued`: all tokens issued so far."""

    person: Mapping[str, object] = field(default_factory=dict)
    issued: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
        self._authorizations: dict[str, dict[str, str]] = {}
        self.server = ScriptedServer(self.respond)

    @contextlib.contextmanager
    def serve(self) -> Iterator[Self]:
        with self.server:
            yield self

    @property
    def secrets_toml(self) -> str:
        """The [auth] section of the dashboard's secrets. Streamlit replaces `{port}`."""
        return f"""
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
server_metadata_url = "{self.server.url}/.well-known/openid-configuration"
"""

    def respond(self, request: Request) -> Answer:
        parts = urlsplit(request.target)
        query = dict(parse_qsl(parts.query))
        match parts.path:
            case "/.well-known/openid-configuration":
                return json_answer(self._discovery())
            case "/jwks":
                return json_answer({"keys": [self._key.as_dict(private=False)]})
            case "/authorize":
                code = secrets.token_urlsafe()
                self._authorizations[code] = query
                return _redirect(
                    f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"
                )
            case "/token":
                return self._token(request, dict(parse_qsl(request.body.decode())))
            case "/logout":
                return _redirect(query["post_logout_redirect_uri"])
        return json_answer({"error": "not_found"}, "404 Not Found")

    def _discovery(self) -> dict[str, object]:
        url = self.server.url
        return {
            "issuer": url,
            "authorization_endpoint": f"{url}/authorize",
            "token_endpoint": f"{url}/token",
            "jwks_uri": f"{url}/jwks",
            "end_session_endpoint": f"{url}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _token(self, request: Request, form: Mapping[str, str]) -> Answer:
        credentials = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {credentials}":
            return json_answer({"error": "invalid_client"}, "401 Unauthorized")
        authorization = self._authorizations.pop(form["code"], None)
        challenge = _challenge(form.get("code_verifier", ""))
        if (
            authorization is None
            or authorization["code_challenge"] != challenge
            or authorization["redirect_uri"] != form["redirect_uri"]
        ):
            return json_answer({"error": "invalid_grant"}, "400 Bad Request")
        now = int(time.time())
        standard_claims = {
            "iss": self.server.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 3600,
            "nonce": authorization["nonce"],
        }
        claims = {**standard_claims, "sub": "1", **self.person}
        id_token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._key)
        access_token = secrets.token_urlsafe()
        self.issued += [id_token, access_token]
        return json_answer(
            {"access_token": access_token, "id_token": id_token, "token_type": "Bearer", "expires_in": 3600}
        )


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _redirect(address: str) -> Answer:
    return Answer([head("302 Found", Location=address, Content_Length="0", Connection="close")])

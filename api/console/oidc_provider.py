"""The company's OpenID provider: where to send a browser, and who comes back.

authlib speaks the protocol. It is imported when it is first needed: most consoles have passwords.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import structlog

from models.errors import Forbidden, Misconfigured, Unavailable
from models.repositories.staff_oidc import UnderWay
from models.roles import Role
from models.settings import Settings

log = structlog.get_logger()

SCOPE = "openid email profile"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "ES384", "ES512")
KNOWN_SECONDS, PATIENCE_SECONDS, LEEWAY_SECONDS = 600, 10, 60
BACK = "/console/login/oidc/back"


@dataclass(frozen=True, slots=True)
class Person:
    """Who came back. `role`: None if roles do not come from there."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    role: Role | None


class Provider:
    """One issuer, as its own document describes it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._document: Mapping[str, Any] = {}
        self._read_at = float("-inf")

    async def address(self, state: str, login: UnderWay) -> str:
        """Where the browser logs in."""
        document = await self._discovered()
        async with self._client() as client:
            made = client.create_authorization_url(
                document["authorization_endpoint"],
                state=state,
                nonce=login.nonce,
                code_verifier=login.verifier,
            )
        return str(made[0])

    async def person(self, code: str, login: UnderWay) -> Person:
        """Who the code stands for; Forbidden if it is not for us and for this very log-in."""
        from authlib.common.errors import AuthlibBaseError
        from joserfc.errors import JoseError

        document = await self._discovered()
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    document["token_endpoint"], code=code, code_verifier=login.verifier
                )
            keys = await self._get(document["jwks_uri"])
            claims = self._claims(token, keys, login)
        except httpx.HTTPError as error:
            raise _away(error) from None
        except (AuthlibBaseError, JoseError, KeyError, ValueError) as error:
            log.warning("oidc_refused", error=type(error).__name__)
            detail = "the company's log-in gave no valid answer: try again"
            raise Forbidden(detail, reason="oidc_invalid") from None
        return self._person(claims)

    def _claims(
        self, token: Mapping[str, Any], keys: Mapping[str, Any], login: UnderWay
    ) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwk, jwt

        client_id = self._settings.oidc_client_id
        key_set = jwk.KeySet.import_key_set(keys)  # type: ignore[arg-type]
        decoded = jwt.decode(token["id_token"], key_set, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self._settings.oidc_issuer},
                "aud": {"essential": True, "value": client_id},
            },
            {
                "nonce": login.nonce,
                "client_id": client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY_SECONDS)
        return dict(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        email = str(claims.get("email", "")).strip().lower()
        return Person(
            issuer=self._settings.oidc_issuer,
            subject=str(claims["sub"]),
            email=email,
            email_verified=claims.get("email_verified") is True,
            name=str(claims.get("name") or email.partition("@")[0])[:100],
            role=self._role(claims.get(self._settings.oidc_role_claim)),
        )

    def _role(self, said: Any) -> Role | None:
        """The one that may most, of those that the claim stands for."""
        if not self._settings.oidc_roles:
            return None
        values = said if isinstance(said, list) else [said]
        found = [
            self._settings.oidc_roles[v] for v in map(str, values) if v in self._settings.oidc_roles
        ]
        if not found:
            detail = "your company's account has no role here: ask an admin"
            raise Forbidden(detail, reason="oidc_no_role")
        return max(found, key=list(Role).index)

    async def _discovered(self) -> Mapping[str, Any]:
        if time.monotonic() - self._read_at > KNOWN_SECONDS:
            issuer = self._settings.oidc_issuer
            found = await self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:
                detail = "TIDINGS_OIDC_ISSUER is not what the issuer calls itself"
                raise Misconfigured(detail, field="oidc_issuer")
            self._document, self._read_at = found, time.monotonic()
        return self._document

    async def _get(self, url: str) -> Mapping[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
                answer = (await http.get(url)).raise_for_status()
            found: Mapping[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise _away(error) from None
        return found

    def _client(self) -> Any:
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        return AsyncOAuth2Client(
            self._settings.oidc_client_id,
            self._settings.oidc_client_secret.get_secret_value(),
            scope=SCOPE,
            redirect_uri=f"{self._settings.console_url}{BACK}",
            code_challenge_method="S256",
            timeout=PATIENCE_SECONDS,
        )


def _away(error: Exception) -> Unavailable:
    log.warning("oidc_away", error=type(error).__name__)
    detail = "the company's log-in does not answer"
    return Unavailable(detail, retry_after_seconds=10, reason="oidc_away")

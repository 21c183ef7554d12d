"""Every operation of the document, asked by those who may not: refused, and nothing is changed.

The operations and their bodies come from the document: a new route needs no line here.
"""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from api_in_process import SECRET_KEYS, Api
from documented import Operation, Prepared, asked, examples, operations
from own_application import own_application
from uuid_utils.compat import uuid7

from models import database, keys
from models.repositories import api_keys
from models.repositories.api_keys import NewKey
from models.sessions import Sessions

# They look after the whole platform, and see every application.
OF_THE_PLATFORM = {"applications:read", "applications:write"}
TABLES = """
SELECT c.relname AS name, bool_or(a.attname = 'application_id') AS owned
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relnamespace = 'public'::regnamespace
GROUP BY c.relname ORDER BY c.relname
"""
# When a key was used is written down for whoever used it.
ROWS = """
SELECT md5(string_agg(row, '' ORDER BY row))
FROM (SELECT md5((to_jsonb(t) - 'last_used_at')::text) AS row FROM {} t {}) rows
"""
NewKeyOf = Callable[..., Any]


@pytest.fixture(scope="module")
async def new_key(database_url: str) -> AsyncIterator[NewKeyOf]:
    engine = database.engine(database_url, pool=1)

    async def make(application_id: UUID, scopes: set[str]) -> str:
        key = keys.new()
        made = NewKey(
            id=uuid7(),
            application_id=application_id,
            name="wrong",
            owner="wrong",
            sha256=keys.digest(key),
            last_four=key[-4:],
            scopes=sorted(scopes),
            expires_at=None,
        )
        async with Sessions(engine).begin() as session:
            await api_keys.insert(session, made)
        return key

    yield make
    await engine.dispose()


async def all_rows(pool: asyncpg.Pool, application_id: UUID | None = None) -> dict[str, str]:
    """Every table's rows in a word; of one application, those of tables that name it."""
    found = {}
    for table in await pool.fetch(TABLES):
        if application_id is None:
            found[table["name"]] = await pool.fetchval(ROWS.format(table["name"], ""))
        elif table["owned"]:
            where = "WHERE application_id = $1"
            sql = ROWS.format(table["name"], where)
            found[table["name"]] = await pool.fetchval(sql, application_id)
    return found


def every(prepared: Prepared) -> list[tuple[Operation, dict[str, Any]]]:
    """Each operation once, with a body that its owner's key could send."""
    return [
        (o, prepared.request(o, examples(prepared.document, o)[0]))
        for o in operations(prepared.document)
    ]


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_there_are_operations_and_ids_to_ask_for(prepared: Prepared) -> None:
    assert len(every(prepared)) > 60
    assert len(prepared.values) > 8


@pytest.mark.parametrize("kind", ["none", "malformed", "revoked"])
async def test_who_has_no_key_is_told_so_and_nothing_else(
    api: Api, prepared: Prepared, new_key: NewKeyOf, kind: str
) -> None:
    key = await new_key(prepared.app.id, set(keys.SCOPES))
    await api.database.execute(
        "UPDATE api_key SET revoked_at = now() WHERE sha256 = $1", keys.digest(key)
    )
    given = {"none": None, "malformed": key[:-1] + "!", "revoked": key}[kind]
    before = await all_rows(api.database)

    answers = {str(o): await asked(api.http, sent, given) for o, sent in every(prepared)}

    refused = {name: problem_of(answer) for name, answer in answers.items()}
    assert refused == dict.fromkeys(answers, (401, "unauthorized"))
    assert not any(id in answer.text for id in prepared.ids for answer in answers.values())
    assert await all_rows(api.database) == before


async def test_a_key_without_the_scope_is_refused(
    api: Api, prepared: Prepared, new_key: NewKeyOf
) -> None:
    bare = await new_key(prepared.app.id, set())
    others: dict[str, str] = {}  # a key with all scopes but this one
    needed: dict[str, str] = {}
    for operation, sent in every(prepared):
        answer = await asked(api.http, sent, bare)
        assert problem_of(answer) == (403, "missing_scope"), (str(operation), answer.text)
        needed[str(operation)] = answer.json()["limit"]
    for scope in set(needed.values()):
        others[scope] = await new_key(prepared.app.id, set(keys.SCOPES) - {scope})
    before = await all_rows(api.database)

    for operation, sent in every(prepared):
        answer = await asked(api.http, sent, others[needed[str(operation)]])
        assert problem_of(answer) == (403, "missing_scope"), str(operation)
        assert answer.json()["limit"] == needed[str(operation)]
    assert await all_rows(api.database) == before
    assert set(needed.values()) <= set(keys.SCOPES)


async def test_another_applications_key_finds_nothing_by_these_ids(
    api: Api, prepared: Prepared, other_key: str
) -> None:
    before = await all_rows(api.database)
    found = {}
    for operation, sent in every(prepared):
        if operation.has_ids:
            answer = await asked(api.http, sent, other_key)
            found[str(operation)] = problem_of(answer)
            leaked = [id for id in prepared.ids if id in answer.text and id not in sent["url"]]
            assert not leaked, (str(operation), answer.text)

    allowed = ((404, "not_found"), (403, "missing_scope"))  # of the platform's
    assert {name: said for name, said in found.items() if said not in allowed} == {}
    assert await all_rows(api.database) == before


async def test_another_applications_lists_and_answers_tell_nothing_of_this_one(
    api: Api, prepared: Prepared, other_key: str
) -> None:
    before = await all_rows(api.database, prepared.app.id)
    for operation, sent in every(prepared):
        if operation.has_ids:
            continue
        answer = await asked(api.http, sent, other_key)
        assert answer.status_code < 500, (str(operation), answer.text)
        leaked = [id for id in {*prepared.ids, str(prepared.app.id)} if id in answer.text]
        assert not leaked, (str(operation), answer.text)
    assert await all_rows(api.database, prepared.app.id) == before


async def test_its_own_key_finds_what_others_do_not(api: Api, prepared: Prepared) -> None:
    """Else the tests above would prove nothing."""
    unread = {}
    for operation, sent in every(prepared):
        if operation.method == "GET" and operation.has_ids and not operation.streams:
            answer = await asked(api.http, sent, prepared.app.key)
            if problem_of(answer) not in ((200, ""), (409, "not_ended")):
                unread[str(operation)] = answer.text
    assert unread == {}


@pytest.fixture(scope="module")
async def other_key(api: Api, database_url: str, new_key: NewKeyOf) -> str:
    """Another application's, with all that it may have of its own."""
    other = await own_application(api.http, database_url, SECRET_KEYS, [])
    return await new_key(other.id, set(keys.SCOPES) - OF_THE_PLATFORM)

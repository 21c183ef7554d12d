"""Members of a group in bulk: each block of lines is a transaction, but a replacement is one."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from fastapi import Request

from api.deps import Begin
from api.group_bodies import MembersBulkView
from api.ndjson_intake import NdjsonIntake
from api.profile_views import refusal_lines
from models.member_rows import Row
from models.person_fields import Refusal
from models.repositories import group_members, groups

Mode = Literal["add", "remove", "replace"]


class MembersIntake:
    """Of one request. Whoever replaces is remembered by id only, until the last line is read."""

    def __init__(self, begin: Begin, application_id: UUID, group_id: UUID, mode: Mode) -> None:
        self._begin = begin
        self._application_id = application_id
        self._group_id = group_id
        self._mode = mode
        self._all: set[UUID] = set()
        self._added = self._removed = 0

    async def take(self, request: Request) -> MembersBulkView:
        """What became of the lines. Cut off, a replacement has changed nothing."""
        async with self._begin() as session:
            await groups.get(session, self._application_id, self._group_id)
        taken = await NdjsonIntake("members", self._keep).take(request)
        async with self._begin() as session:
            if self._mode == "replace":
                await groups.lock(session, self._application_id, self._group_id)
                self._added, self._removed = await group_members.replace(
                    session, self._group_id, list(self._all)
                )
            group = await groups.get(session, self._application_id, self._group_id)
        return MembersBulkView(
            lines=taken.lines,
            added=self._added,
            removed=self._removed,
            members=group["members"],
            refused=taken.refused,
            refusals=refusal_lines(taken.refusals),
        )

    async def _keep(self, rows: Sequence[Row]) -> Sequence[Refusal]:
        external_ids = [external_id for _, external_id in rows]
        async with self._begin() as session:
            if self._mode != "replace":
                await groups.lock(session, self._application_id, self._group_id)
            found = await group_members.resolve(session, self._application_id, external_ids)
            ids = list(set(found.values()))
            if self._mode == "add":
                self._added += await group_members.add(session, self._group_id, ids)
            elif self._mode == "remove":
                self._removed += await group_members.remove(session, self._group_id, ids)
            else:
                self._all.update(ids)
        return [
            Refusal(line, "external_id", "unknown_profile", "no such profile")
            for line, external_id in rows
            if external_id not in found
        ]

"""The one place that turns our errors into Temporal's: a code, never a text.

Histories are read by operators and kept for long; a driver's or vendor's words may hold addresses.
"""

from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from models.database import is_away
from models.errors import TidingsError

log = structlog.get_logger()


class Scrub(Interceptor):
    """Wraps every activity of a worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Put ourselves in front."""
        return _Scrubbed(next)


class _Scrubbed(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await self.next.execute_activity(input)
        except FailureError:
            raise
        except Exception as error:
            raise _failure(error) from None


def _failure(error: Exception) -> ApplicationError:
    log.warning(
        "activity_failed",
        activity=activity.info().activity_type,
        attempt=activity.info().attempt,
        error=type(error).__name__,
        exc_info=not is_away(error) and not isinstance(error, TidingsError),
    )
    if is_away(error):
        return ApplicationError(
            "PostgreSQL is away", type="unavailable", category=ApplicationErrorCategory.BENIGN
        )
    if isinstance(error, TidingsError):
        return ApplicationError(error.code, type=error.code)
    return ApplicationError(type(error).__name__, type="internal")

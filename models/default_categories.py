"""The categories that a new application begins with; it changes them by the API."""

from datetime import timedelta

from models.repositories.applications import NewCategory

CATEGORIES = [
    NewCategory(
        name="otp",
        priority="high",
        priority_fixed=True,
        channels=["sms", "email", "telegram"],
        channel_mode="first",
        mandatory=True,
        expires_after=timedelta(minutes=5),
        on_unknown="resend",
    ),
    NewCategory(
        name="transactional",
        priority="medium",
        channels=["email", "sms", "telegram"],
        mandatory=True,
        expires_after=timedelta(days=1),
        on_unknown="resend",
    ),
    NewCategory(
        name="newsletter",
        priority="low",
        channels=["email"],
        expires_after=timedelta(days=2),
        on_unknown="hold",
    ),
]

"""The sandbox's faults that leave a sender in doubt."""

from deploy.local.sandbox.faults import Fault

ARRIVED = (
    Fault.ERROR_AFTER,
    Fault.SILENCE_AFTER,
    Fault.DISCONNECT_AFTER,
    Fault.RESET_AFTER,
    Fault.GARBAGE,
    Fault.HALF_BODY,
)
NOT_ARRIVED = (Fault.ERROR_BEFORE, Fault.SILENCE_BEFORE)

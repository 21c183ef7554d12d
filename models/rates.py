"""The least rate there is: 5e-324 a second would be a wait that no clock counts."""

LEAST_PER_SECOND = 0.00001  # about one a day

import time

from deploy.local.sandbox.faults import Fault, Faults, Rule


def taken(faults: Faults, account: str = "", to: str = "a") -> Fault | None:
    rule = faults.take("smtp", account, {to})
    return rule.fault if rule else None


def test_a_rule_applies_as_often_as_it_says_and_the_next_one_follows() -> None:
    faults = Faults()
    faults.add(Rule("smtp", Fault.BUSY, times=2))
    faults.add(Rule("smtp", Fault.SLOW, times=1))
    assert [taken(faults) for _ in range(4)] == [Fault.BUSY, Fault.BUSY, Fault.SLOW, None]
    assert faults.applied == {("smtp", Fault.BUSY): 2, ("smtp", Fault.SLOW): 1}


def test_a_rule_is_about_its_vendor_account_and_recipient() -> None:
    faults = Faults()
    faults.add(Rule("smtp", Fault.BUSY, account="m", to="a"))
    assert faults.take("twilio", "m", {"a"}) is None
    assert taken(faults, "n", "a") is None
    assert taken(faults, "m", "b") is None
    assert taken(faults, "m", "a") is Fault.BUSY


def test_a_rule_dies_after_its_seconds_but_a_slow_one_does_not() -> None:
    faults = Faults()
    long_ago = time.monotonic() - 10
    faults.add(Rule("smtp", Fault.BUSY, seconds=9, since=long_ago))
    faults.add(Rule("smtp", Fault.SLOW, seconds=9, since=long_ago))
    assert taken(faults) is Fault.SLOW
    assert list(faults.rules) == [2]


def test_an_improbable_rule_applies_now_and_then() -> None:
    faults = Faults()
    faults.add(Rule("smtp", Fault.BUSY, probability=0.5))
    struck = sum(taken(faults) is Fault.BUSY for _ in range(1000))
    assert 350 < struck < 650


def test_only_faults_that_are_possible_here_are_taken() -> None:
    faults = Faults()
    faults.add(Rule("smtp", Fault.BUSY))
    assert faults.take("smtp", "", {"a"}, among={Fault.SLOW}) is None
    assert faults.rules[1].applied == 0

import pytest

from sandbox import clock


def test_an_aws_minute_takes_six_seconds_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNALBOX_TIME_SCALE", raising=False)
    assert clock.scaled(60) == pytest.approx(6)


def test_the_scale_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNALBOX_TIME_SCALE", "0.5")
    assert clock.scaled(60) == pytest.approx(30)


@pytest.mark.parametrize("scale", ["0", "-1", "2"])
def test_a_scale_that_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, scale: str
) -> None:
    monkeypatch.setenv("SIGNALBOX_TIME_SCALE", scale)
    with pytest.raises(ValueError, match="SIGNALBOX_TIME_SCALE"):
        clock.scale()


def test_the_time_itself_is_not_scaled() -> None:
    assert clock.now().tzinfo is not None

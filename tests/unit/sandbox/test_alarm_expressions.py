import pytest

from sandbox.alarms.expressions import UnsupportedExpressionError, evaluate, names_in

METRICS = {"errors": 3.0, "invocations": 60.0, "silent": None, "zero": 0.0}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("100 * errors / invocations", 5.0),
        ("(errors + 1) * 2 - 1", 7.0),
        ("-errors", -3.0),
        ("errors / zero", None),
        ("errors + silent", None),
        ("FILL(silent, 0)", 0.0),
        ("FILL(errors, 0)", 3.0),
        ("IF(invocations > 0, 100 * errors / invocations, 0)", 5.0),
        ("IF(zero > 0, errors / zero, 0)", 0.0),
        ("IF(zero = 0 AND errors >= 3, 1, 2)", 1.0),
        ("IF(zero > 0 || errors > 100, 1, 2)", 2.0),
        ("IF(errors > 100, 1)", None),
        ("MAX([errors, invocations])", 60.0),
        ("SUM([errors, silent])", 3.0),
        ("SUM(METRICS())", 63.0),
        ("AVG([errors, invocations])", 31.5),
        ("ABS(0 - errors)", 3.0),
    ],
)
def test_metric_math(expression: str, value: float | None) -> None:
    assert evaluate(expression, METRICS) == value


@pytest.mark.parametrize(
    "expression",
    ["ANOMALY_DETECTION_BAND(errors)", "errors.real", "__import__('os')", "errors +", "unknown"],
)
def test_what_is_not_known_is_refused_by_name(expression: str) -> None:
    with pytest.raises(UnsupportedExpressionError):
        evaluate(expression, METRICS)


def test_only_ids_are_names() -> None:
    assert names_in("IF(m1 > 0 AND e1 < 2, FILL(m2, 0), 1)") == {"m1", "e1", "m2"}

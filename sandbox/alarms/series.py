"""The series that an alarm watches, out of CloudWatch's store."""

from collections.abc import Mapping

from sandbox import emulator
from sandbox.alarms.definition import Alarm, Query
from sandbox.alarms.expressions import evaluate, names_in
from sandbox.alarms.statistics import statistic


def watched_series(alarm: Alarm, now: float, period: float) -> list[float | None]:
    """The alarm's datapoints, newest first; periods of `period` real seconds end at `now`.

    The newest period slides with the clock: an alarm here need not wait for a full minute.
    """
    queries = {query.id: query for query in alarm.queries}
    return [
        _at(alarm.watched, queries, now - number * period, period, {})
        for number in range(alarm.evaluation_periods)
    ]


def _at(
    wanted: str,
    queries: Mapping[str, Query],
    end: float,
    period: float,
    known: dict[str, float | None],
) -> float | None:
    if wanted in known:
        return known[wanted]
    query = queries[wanted]
    if query.metric is not None:
        metric = query.metric
        points = emulator.datapoints(metric.namespace, metric.name, metric.dimensions, end - period)
        value = statistic(query.statistic, [point for point in points if point.at <= end])
    else:
        for name in _operands(query, queries):
            _at(name, queries, end, period, known)
        value = evaluate(query.expression, known)
    known[wanted] = value
    return value


def _operands(query: Query, queries: Mapping[str, Query]) -> set[str]:
    if "METRICS(" in query.expression:
        return {each.id for each in queries.values() if each.metric is not None}
    return names_in(query.expression) & queries.keys()

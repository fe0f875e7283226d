"""One number out of the datapoints of one period."""

from collections.abc import Sequence

from sandbox.emulator import Datapoint


def statistic(name: str, points: Sequence[Datapoint]) -> float | None:
    """`Sum`, `Average`, `Minimum`, `Maximum`, `SampleCount` or a percentile as `p99`.

    `None` when there are no points. Raises `ValueError` for another name.
    """
    count = sum(point.count for point in points)
    if not points or not count:
        return None
    match name:
        case "Sum":
            return sum(point.total for point in points)
        case "Average":
            return sum(point.total for point in points) / count
        case "Minimum":
            return min(point.minimum for point in points)
        case "Maximum":
            return max(point.maximum for point in points)
        case "SampleCount":
            return count
    if name.startswith("p") and name[1:].replace(".", "", 1).isdigit():
        return _percentile(float(name[1:]), points)
    raise ValueError(f"the statistic {name!r} is not known here")


def _percentile(percent: float, points: Sequence[Datapoint]) -> float:
    """By nearest rank, over the average of each datapoint."""
    values = sorted(
        point.total / point.count for point in points for _ in range(max(1, int(point.count)))
    )
    rank = max(1, -(-int(percent * len(values)) // 100))
    return values[min(rank, len(values)) - 1]

"""Where news goes: by pipeline, environment, severity and kind."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from signalbox.domain.routes import DEFAULT_TOPIC, RouteTable, Rule, To, When
from signalbox.notifications.news import SORTS
from signalbox.notifications.routes import (
    Kind,
    News,
    Severity,
    destinations,
    is_mailed,
    matches,
)
from signalbox.notifications.view import Headline

NEWS = News(pipeline="web-shop", kind=Kind.FAILURE, severity=Severity.ERROR, environment="staging")
TABLE = RouteTable(channel="#releases")
names = st.sampled_from(["web-shop", "web-cart", "api", "w*", "[", ""])
news = st.builds(
    News,
    pipeline=names,
    kind=st.sampled_from(Kind),
    severity=st.sampled_from(Severity),
    environment=st.sampled_from(["", "staging", "production"]),
)
patterns = st.lists(st.sampled_from(["web-*", "api", "*", "[", "?pi"]), max_size=2).map(tuple)
whens = st.builds(
    When,
    pipelines=patterns,
    environments=st.sampled_from([(), ("production",), ("s*",)]),
    severities=st.sampled_from([(), ("error",), ("info", "warning")]),
    kinds=st.sampled_from([(), ("failure",), ("approval", "rollback")]),
)
places = st.none() | st.lists(st.sampled_from(["#a", "#b", "#c"]), max_size=3).map(tuple)
tables = st.builds(
    RouteTable,
    channel=st.just("#releases"),
    rules=st.lists(
        st.builds(Rule, when=whens, to=st.builds(To, channels=places, topics=places)), max_size=5
    ).map(tuple),
)


def table(*rules: tuple[When, To]) -> RouteTable:
    return replace(TABLE, rules=tuple(Rule(when=when, to=to) for when, to in rules))


def test_without_rules_all_goes_to_one_channel_and_errors_are_mailed() -> None:
    to = destinations(NEWS, TABLE)
    assert (to.channels, to.topics) == (("#releases",), (DEFAULT_TOPIC,))
    calm = destinations(replace(NEWS, severity=Severity.INFO), TABLE)
    assert (calm.channels, calm.topics) == (("#releases",), ())


def test_a_services_own_channel_is_its_default() -> None:
    assert destinations(NEWS, TABLE, own_channel="#shop").channels == ("#shop",)


def test_a_rule_about_channels_leaves_the_e_mails_as_they_are() -> None:
    routes = table((When(pipelines=("web-*",)), To(channels=("#web",))))
    to = destinations(NEWS, routes)
    assert (to.channels, to.topics) == (("#web",), (DEFAULT_TOPIC,))
    assert destinations(replace(NEWS, pipeline="api"), routes).channels == ("#releases",)


def test_an_empty_list_is_a_refusal() -> None:
    routes = table((When(), To(channels=(), topics=("arn:1",))))
    to = destinations(NEWS, routes)
    assert (to.channels, to.topics) == ((), ("arn:1",))


@given(news, whens, st.sampled_from(["pipelines", "environments", "severities", "kinds"]))
def test_a_rule_with_a_part_less_is_about_no_less(one: News, when: When, part: str) -> None:
    if matches(when, one):
        assert matches(replace(when, **{part: ()}), one)


@given(news, tables)
def test_every_destination_is_named_once_and_comes_from_a_rule_or_the_default(
    one: News, routes: RouteTable
) -> None:
    to = destinations(one, routes)
    about = [rule.to for rule in routes.rules if matches(rule.when, one)]
    named = {channel for rule in about for channel in rule.channels or ()}
    spoken = any(rule.channels is not None for rule in about)
    assert set(to.channels) == (named if spoken else {"#releases"})
    assert len(to.channels) == len(set(to.channels))
    assert len(to.topics) == len(set(to.topics))


@given(news, tables)
def test_news_is_lost_only_where_an_empty_list_asks_for_it(one: News, routes: RouteTable) -> None:
    to = destinations(one, routes)
    about = [rule.to for rule in routes.rules if matches(rule.when, one)]
    if not to.channels:
        assert any(rule.channels == () for rule in about)
    if is_mailed(one) and not to.topics:
        assert any(rule.topics == () for rule in about)


@given(news, tables)
def test_the_order_of_the_rules_does_not_matter(one: News, routes: RouteTable) -> None:
    backwards = replace(routes, rules=routes.rules[::-1])
    assert set(destinations(one, routes).channels) == set(destinations(one, backwards).channels)
    assert set(destinations(one, routes).topics) == set(destinations(one, backwards).topics)


def test_every_headline_has_its_sort() -> None:
    assert set(SORTS) == set(Headline)

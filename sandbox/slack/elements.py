"""Block Kit's elements and composition objects, with Slack's documented limits."""

from collections.abc import Callable, Collection, Mapping

from sandbox.slack.checks import Findings

PLAIN = frozenset({"plain_text"})
ANY_TEXT = frozenset({"plain_text", "mrkdwn"})
STYLES = ("primary", "danger")


def check_text(
    found: Findings, value: object, at: str, *, longest: int, kinds: Collection[str] = ANY_TEXT
) -> None:
    """A text object of one of `kinds`, at most `longest` characters."""
    text = found.mapping(value, at)
    if text is None:
        return
    found.choice(text.get("type"), f"{at}/type", kinds)
    own = "emoji" if text.get("type") == "plain_text" else "verbatim"
    found.fields(text, at, needed=("type", "text"), known=(own,))
    if own in text and not isinstance(text[own], bool):
        found.add(f"{at}/{own}", "must be a boolean")
    found.string(text.get("text"), f"{at}/text", longest=longest)


def check_confirm(found: Findings, value: object, at: str) -> None:
    """The confirmation dialogue of a button."""
    confirm = found.mapping(value, at)
    if confirm is None:
        return
    found.fields(confirm, at, needed=("title", "text", "confirm", "deny"), known=("style",))
    for name, longest in (("title", 100), ("confirm", 30), ("deny", 30)):
        check_text(found, confirm.get(name), f"{at}/{name}", longest=longest, kinds=PLAIN)
    check_text(found, confirm.get("text"), f"{at}/text", longest=300)
    if "style" in confirm:
        found.choice(confirm["style"], f"{at}/style", STYLES)


def check_button(found: Findings, button: Mapping[str, object], at: str) -> None:
    """A button: text of 75 characters, value of 2000."""
    known = ("type", "action_id", "url", "value", "style", "confirm", "accessibility_label")
    found.fields(button, at, needed=("text",), known=known)
    check_text(found, button.get("text"), f"{at}/text", longest=75, kinds=PLAIN)
    for name, longest in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
        if name in button:
            found.string(button[name], f"{at}/{name}", longest=longest)
    if "style" in button:
        found.choice(button["style"], f"{at}/style", STYLES)
    if "confirm" in button:
        check_confirm(found, button["confirm"], f"{at}/confirm")


def check_image(found: Findings, image: Mapping[str, object], at: str) -> None:
    """An image element."""
    found.fields(image, at, needed=("image_url", "alt_text"), known=("type",))
    found.string(image.get("image_url"), f"{at}/image_url", longest=3000)
    found.string(image.get("alt_text"), f"{at}/alt_text", longest=2000)


def check_text_input(found: Findings, element: Mapping[str, object], at: str) -> None:
    """A plain-text input of a modal."""
    known = (
        *("type", "action_id", "initial_value", "multiline", "min_length", "max_length"),
        *("placeholder", "focus_on_load", "dispatch_action_config"),
    )
    found.fields(element, at, needed=(), known=known)
    if "placeholder" in element:
        where = f"{at}/placeholder"
        check_text(found, element["placeholder"], where, longest=150, kinds=PLAIN)
    for name, lowest in (("min_length", 0), ("max_length", 1)):
        length = element.get(name, lowest)
        if not isinstance(length, int) or not lowest <= length <= 3000:
            found.add(f"{at}/{name}", f"must be between {lowest} and 3000")


def check_static_select(found: Findings, element: Mapping[str, object], at: str) -> None:
    """A select menu with its options given."""
    known = ("type", "action_id", "placeholder", "initial_option", "confirm", "focus_on_load")
    found.fields(element, at, needed=("options",), known=known)
    _check_options(found, element, at, most=100, kinds=PLAIN)
    if "placeholder" in element:
        where = f"{at}/placeholder"
        check_text(found, element["placeholder"], where, longest=150, kinds=PLAIN)


def check_radio_buttons(found: Findings, element: Mapping[str, object], at: str) -> None:
    """A choice of one, at most ten to choose from."""
    known = ("type", "action_id", "initial_option", "confirm", "focus_on_load")
    found.fields(element, at, needed=("options",), known=known)
    _check_options(found, element, at, most=10)


def check_checkboxes(found: Findings, element: Mapping[str, object], at: str) -> None:
    """A choice of many, at most ten to choose from."""
    known = ("type", "action_id", "initial_options", "confirm", "focus_on_load")
    found.fields(element, at, needed=("options",), known=known)
    _check_options(found, element, at, most=10)


def _check_options(
    found: Findings,
    element: Mapping[str, object],
    at: str,
    *,
    most: int,
    kinds: Collection[str] = ANY_TEXT,
) -> None:
    offered = found.items(element.get("options"), f"{at}/options", most=most)
    for number, raw in enumerate(offered):
        where = f"{at}/options/{number}"
        option = found.mapping(raw, where)
        if option is None:
            continue
        found.fields(option, where, needed=("text", "value"), known=("description", "url"))
        check_text(found, option.get("text"), f"{where}/text", longest=75, kinds=kinds)
        found.string(option.get("value"), f"{where}/value", longest=150)
        if "description" in option:
            where = f"{where}/description"
            check_text(found, option["description"], where, longest=75, kinds=kinds)
    initial = element.get("initial_options", [element.get("initial_option")])
    for chosen in initial if isinstance(initial, list) else [initial]:
        if chosen is not None and chosen not in offered:
            found.add(f"{at}/initial_option", "must be one of the options, to the letter")


ElementCheck = Callable[[Findings, Mapping[str, object], str], None]

CLICKABLE: Mapping[str, ElementCheck] = {
    "button": check_button,
    "static_select": check_static_select,
}
INPUTS: Mapping[str, ElementCheck] = {
    "plain_text_input": check_text_input,
    "static_select": check_static_select,
    "checkboxes": check_checkboxes,
    "radio_buttons": check_radio_buttons,
}


def check_element(
    found: Findings, value: object, at: str, checks: Mapping[str, ElementCheck]
) -> None:
    """One of the element types of `checks`, with its action id."""
    element = found.mapping(value, at)
    if element is None:
        return
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in checks:
        found.add(f"{at}/type", f"unsupported type: {kind}")
        return
    if "action_id" in element:
        found.string(element["action_id"], f"{at}/action_id", longest=255)
    checks[kind](found, element, at)

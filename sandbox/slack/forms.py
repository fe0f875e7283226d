"""What a person fills into a modal: the state that Slack sends, and what its client complains of.

Values come as tests write them, per block and action: `{"value": "text or an option's value"}`,
`{"values": ["a", "b"]}` for checkboxes, or as Slack writes them (`selected_option`,
`selected_options`). What is not given keeps the element's initial value, as in a real client.
"""

from collections.abc import Callable, Mapping, Sequence

from sandbox.slack.model import View

Json = dict[str, object]
Values = Mapping[str, Mapping[str, Mapping[str, object]]]
Element = Mapping[str, object]
Read = tuple[Json, str | None]

MISSING = "Please complete this required field."
NO_SUCH_CHOICE = "There is no such choice."


def filled_in(view: View, values: Values) -> tuple[Json, dict[str, str]]:
    """The state of the modal's inputs, and the complaints per block."""
    state: Json = {}
    errors: dict[str, str] = {}
    for block in inputs_of(view.content):
        block_id, element = str(block["block_id"]), block["element"]
        if not isinstance(element, dict):
            continue
        action_id = str(element.get("action_id", ""))
        given = values.get(block_id, {}).get(action_id)
        read, complaint = READERS[str(element["type"])](element, given)
        state[block_id] = {action_id: {"type": element["type"], **read}}
        if complaint and not (complaint == MISSING and block.get("optional")):
            errors[block_id] = complaint
    return state, errors


def inputs_of(content: Mapping[str, object]) -> list[Json]:
    """The input blocks of a modal."""
    blocks = content.get("blocks")
    inside = blocks if isinstance(blocks, list) else []
    return [each for each in inside if isinstance(each, dict) and each.get("type") == "input"]


def _text(element: Element, given: Element | None) -> Read:
    text = str((given or {}).get("value") or "")
    if given is None:
        text = str(element.get("initial_value") or "")
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    complaint = None
    if not text:
        complaint = MISSING
    elif isinstance(shortest, int) and len(text) < shortest:
        complaint = f"Must be at least {shortest} characters long."
    elif isinstance(longest, int) and len(text) > longest:
        complaint = f"Must be less than {longest + 1} characters long."
    return {"value": text or None}, complaint


def _one(element: Element, given: Element | None) -> Read:
    if given is None:
        initial = element.get("initial_option")
        return {"selected_option": initial}, None if initial else MISSING
    option = given.get("selected_option")
    wanted = option.get("value") if isinstance(option, dict) else given.get("value")
    if not wanted:
        return {"selected_option": None}, MISSING
    chosen = _options(element, [wanted])
    return {"selected_option": chosen[0] if chosen else None}, None if chosen else NO_SUCH_CHOICE


def _many(element: Element, given: Element | None) -> Read:
    if given is None:
        initial = element.get("initial_options") or []
        return {"selected_options": initial}, None if initial else MISSING
    picked = given.get("selected_options")
    options = picked if isinstance(picked, list) else []
    listed = given.get("values")
    wanted = [each.get("value") for each in options if isinstance(each, dict)]
    wanted += listed if isinstance(listed, list) else []
    chosen = _options(element, wanted)
    if len(chosen) != len(set(map(str, wanted))):
        return {"selected_options": chosen}, NO_SUCH_CHOICE
    return {"selected_options": chosen}, None if chosen else MISSING


def _options(element: Element, wanted: Sequence[object]) -> list[Json]:
    offered = element.get("options")
    options = offered if isinstance(offered, list) else []
    return [each for each in options if each["value"] in wanted]


READERS: Mapping[str, Callable[[Element, Element | None], Read]] = {
    "plain_text_input": _text,
    "static_select": _one,
    "radio_buttons": _one,
    "checkboxes": _many,
}

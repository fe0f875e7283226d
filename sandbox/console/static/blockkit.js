// Block Kit's blocks as elements. `press(element, blockId)` is called for a button.

import { h } from "./dom.js";
import { rendered, unescaped } from "./mrkdwn.js";

const BLOCKS = { header, section, context, divider, actions, image };

/** The blocks of a message. */
export function blocks(list, { names, press }) {
  return list.map((block) => (BLOCKS[block.type] ?? unknown)(block, { names, press }));
}

function header(block, { names }) {
  return h("h3", { class: "block block--header" }, rendered(block.text, names));
}

function section(block, { names, press }) {
  return h("div", { class: "block block--section" },
    block.text ? h("div", { class: "block__text" }, rendered(block.text, names)) : null,
    block.fields
      ? h("div", { class: "fields" }, block.fields.map((text) => h("div", { class: "field" }, rendered(text, names))))
      : null,
    block.accessory?.type === "button" ? button(block.accessory, block.block_id, press) : null);
}

function context(block, { names }) {
  return h("div", { class: "block block--context" }, block.elements.map((element) => (
    element.type === "image" ? h("span", {}, element.alt_text) : h("span", {}, rendered(element, names)))));
}

function divider() {
  return h("hr", { class: "block block--divider" });
}

function actions(block, { press }) {
  return h("div", { class: "block block--actions", role: "group", "aria-label": "Actions" },
    block.elements.filter((element) => element.type === "button")
      .map((element) => button(element, block.block_id, press)));
}

function image(block) {
  return h("p", { class: "block block--context" }, `Image: ${block.alt_text}`);
}

function unknown(block) {
  return h("p", { class: "block block--context" }, `(a block of type ${block.type})`);
}

function button(element, blockId, press) {
  const label = rendered(element.text);
  const style = element.style ? ` button--${element.style === "danger" ? "danger" : "primary"}` : "";
  const pressed = async (event) => {
    const self = event.currentTarget;
    self.disabled = true;
    try {
      await press(element, blockId);
    } finally {
      self.disabled = false;
    }
  };
  return h("button", {
    class: `button${style}`,
    type: "button",
    "data-action": element.action_id,
    "data-focus": `${blockId}/${element.action_id}`,
    "aria-label": element.accessibility_label ? unescaped(element.accessibility_label) : null,
    "aria-haspopup": element.confirm ? "dialog" : null,
    onclick: pressed,
  }, label);
}

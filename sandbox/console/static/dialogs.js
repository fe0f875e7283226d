// Slack's two kinds of dialogue: the question before a button counts, and the modal with inputs.

import { complaint, notice, post } from "./api.js";
import { blocks } from "./blockkit.js";
import { h } from "./dom.js";
import { rendered } from "./mrkdwn.js";
import { me } from "./person.js";

let opened = null;
const closed = new Set(); // a snapshot on its way may still hold what was just closed

/** Ask what a button's `confirm` asks; resolves to whether it was confirmed. */
export function confirmed(question) {
  return new Promise((resolve) => {
    const answer = (value) => () => dialog.close(value);
    const style = question.style === "danger" ? "button--danger" : "button--primary";
    const dialog = h("dialog", { class: "dialog dialog--confirm", "aria-labelledby": "confirm-title" },
      h("h3", { id: "confirm-title", class: "dialog__title" }, rendered(question.title)),
      h("div", { class: "dialog__body" }, rendered(question.text)),
      h("div", { class: "dialog__foot" },
        h("button", { type: "button", class: "button", onclick: answer("") }, rendered(question.deny)),
        h("button", { type: "button", class: `button ${style}`, onclick: answer("yes") }, rendered(question.confirm))));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Show the modal that the person who is chosen has open, if any; what is typed stays. */
export function showModal(view) {
  if (view && closed.has(view.id)) return;
  if (opened?.view.id === view?.id) {
    if (view) showErrors(opened.dialog, view.errors);
    return;
  }
  if (opened) closed.add(opened.view.id);
  opened?.dialog.remove();
  opened = view ? { view, dialog: modal(view) } : null;
  if (!opened) return;
  document.body.append(opened.dialog);
  opened.dialog.showModal();
  showErrors(opened.dialog, view.errors);
}

function modal(view) {
  const dismissed = async () => {
    showModal(null);
    await post("/_sandbox/slack/close", { view_id: view.id, user: me() });
  };
  const form = h("form", { novalidate: true, onsubmit: (event) => send(event, view) },
    h("h3", { id: "modal-title", class: "dialog__title" }, rendered(view.title)),
    h("div", { class: "dialog__body" }, view.blocks.map(part)),
    h("div", { class: "dialog__foot" },
      h("button", { type: "button", class: "button", onclick: dismissed },
        view.close ? rendered(view.close) : "Cancel"),
      view.submit ? h("button", { type: "submit", class: "button button--submit" }, rendered(view.submit)) : null));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "modal-title" }, form);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    dismissed();
  });
  return dialog;
}

function part(block) {
  if (block.type !== "input") return blocks([block], { names: {}, press: () => {} });
  const id = `input-${block.block_id}`;
  return h("div", { class: "input", "data-block": block.block_id },
    h("label", { for: id }, rendered(block.label), block.optional ? " (optional)" : null),
    control(block, id),
    block.hint ? h("p", { class: "input__hint", id: `${id}-hint` }, rendered(block.hint)) : null,
    h("p", { class: "input__error", id: `${id}-error`, role: "alert" }));
}

function control(block, id) {
  const { element } = block;
  const shared = {
    id, "data-action": element.action_id, "aria-describedby": `${id}-hint ${id}-error`,
    required: !block.optional,
  };
  if (element.type === "static_select") {
    const initial = element.initial_option?.value;
    const nothing = initial ? null : h("option", { value: "" }, element.placeholder?.text ?? "Choose…");
    return h("select", shared, nothing, element.options.map((option) => (
      h("option", { value: option.value, selected: option.value === initial }, rendered(option.text)))));
  }
  if (element.type === "checkboxes" || element.type === "radio_buttons") return choices(element, shared);
  const limits = { maxlength: element.max_length, placeholder: element.placeholder?.text };
  const input = element.multiline
    ? h("textarea", { ...shared, ...limits, rows: 4 })
    : h("input", { ...shared, ...limits, type: "text" });
  input.value = element.initial_value ?? "";
  return input;
}

function choices(element, { id, "data-action": action, "aria-describedby": described }) {
  const many = element.type === "checkboxes";
  const initial = [element.initial_option, ...(element.initial_options ?? [])].map((option) => option?.value);
  return h("div", {
    id, class: "choices", role: many ? "group" : "radiogroup", "aria-describedby": described,
    "data-action": action, "data-choices": many ? "many" : "one",
  }, element.options.map((option) => h("label", { class: "choice" },
    h("input", {
      type: many ? "checkbox" : "radio", name: id, value: option.value, checked: initial.includes(option.value),
    }),
    h("span", {}, rendered(option.text)))));
}

async function send(event, view) {
  event.preventDefault();
  const form = event.currentTarget;
  const submit = form.querySelector("[type=submit]");
  submit.disabled = true;
  const answer = await post("/_sandbox/slack/submit", { view_id: view.id, user: me(), values: valuesOf(form) });
  submit.disabled = false;
  if (answer.status === 409 && answer.body.errors) return showErrors(opened.dialog, answer.body.errors);
  const problem = complaint(answer);
  if (problem) notice(problem, "danger");
  else showModal(answer.body.view);
}

function valuesOf(form) {
  const values = {};
  for (const block of form.querySelectorAll("[data-block]")) {
    const input = block.querySelector("[data-action]");
    values[block.dataset.block] = { [input.dataset.action]: given(input) };
  }
  return values;
}

function given(input) {
  if (!input.dataset.choices) return { value: input.value };
  const chosen = [...input.querySelectorAll("input:checked")].map((choice) => choice.value);
  return input.dataset.choices === "many" ? { values: chosen } : { value: chosen[0] ?? "" };
}

function showErrors(within, errors) {
  const now = JSON.stringify(errors);
  if ((within.dataset.errors ?? "{}") === now) return;
  within.dataset.errors = now;
  if (errors["*"]) notice(errors["*"], "danger");
  for (const block of within.querySelectorAll("[data-block]")) {
    const text = errors[block.dataset.block] ?? "";
    const input = block.querySelector("[data-action]");
    block.querySelector(".input__error").textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  within.querySelector("[aria-invalid]")?.focus();
}

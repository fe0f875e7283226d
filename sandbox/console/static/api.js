// Requests to the sandbox, and the notices that tell how they went.

import { h, icon } from "./dom.js";

const NOTICE_MILLISECONDS = 6000;

/** POST JSON. Gives `{ok, status, body}` and never throws. */
export async function post(path, wish) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wish),
    });
    const text = await response.text();
    return { ok: response.ok, status: response.status, body: parsed(text) };
  } catch (error) {
    return { ok: false, status: 0, body: { error: `The sandbox did not answer: ${error.message}` } };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return { error: text.slice(0, 300) };
  }
}

/** Show a notice for a while; `tone` is "clear" or "danger". */
export function notice(text, tone = "clear") {
  const shown = h("p", { class: "notice", "data-tone": tone },
    icon(tone === "danger" ? "warning" : "check"), h("span", {}, text));
  document.getElementById("notices").append(shown);
  setTimeout(() => shown.remove(), NOTICE_MILLISECONDS);
}

/** What went wrong in words, or null when Slack would be content. */
export function complaint(answer) {
  if (!answer.ok) return answer.body.error ?? `The sandbox answered ${answer.status}`;
  if (answer.body.status === 0) return `Signalbox could not be reached. ${answer.body.body}`;
  if (answer.body.status !== 200) return `Signalbox answered ${answer.body.status}; Slack would show an error.`;
  if (answer.body.late) return "Signalbox took more than 3 seconds; Slack would show an error.";
  return null;
}

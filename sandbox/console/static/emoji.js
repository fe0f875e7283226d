// Emoji as drawn signs, so that they look alike on machines with and without an emoji font.

import { h, icon } from "./dom.js";

// character -> [symbol of icons.svg, tone, label]
const SIGNS = {
  "✅": ["check", "clear", "done"],
  "✔": ["check", "clear", "done"],
  "❌": ["cross", "danger", "failed"],
  "⛔": ["barred", "danger", "stopped"],
  "🚫": ["barred", "danger", "refused"],
  "🛑": ["stop", "danger", "stop"],
  "🚨": ["beacon", "danger", "alarm"],
  "🔴": ["disc", "danger", "red"],
  "🟢": ["disc", "clear", "green"],
  "🟡": ["disc", "caution", "yellow"],
  "🔵": ["disc", "moving", "running"],
  "⚪": ["ring", "idle", "not run"],
  "❔": ["question", "idle", "unknown"],
  "❓": ["question", "idle", "unknown"],
  "⚠": ["warning", "caution", "warning"],
  "✋": ["hand", "caution", "waiting"],
  "⌛": ["hourglass", "idle", "time ran out"],
  "⏳": ["hourglass", "moving", "waiting"],
  "⏭": ["skip", "idle", "superseded"],
  "⏪": ["rewind", "caution", "rolled back"],
  "⏹": ["stop", "idle", "ended"],
  "↗": ["elsewhere", "idle", "elsewhere"],
  "👍": ["thumb", "clear", "approved"],
  "👎": ["thumb-down", "danger", "rejected"],
  "🔒": ["lock", "caution", "held"],
  "🔓": ["lock", "idle", "released"],
  "🔔": ["bell", "danger", "alarm"],
  "🔕": ["bell", "idle", "quiet again"],
  "🚂": ["train", "moving", "under way"],
  "🚀": ["train", "moving", "under way"],
  "🧪": ["flask", "moving", "tests"],
  "🧹": ["broom", "idle", "cleanup"],
};

const SHORTCODES = {
  white_check_mark: "✅", heavy_check_mark: "✔", x: "❌", no_entry: "⛔", no_entry_sign: "🚫",
  octagonal_sign: "🛑", rotating_light: "🚨", red_circle: "🔴", large_green_circle: "🟢",
  large_yellow_circle: "🟡", large_blue_circle: "🔵", white_circle: "⚪", grey_question: "❔",
  question: "❓", warning: "⚠", raised_hand: "✋", hand: "✋", hourglass: "⌛",
  hourglass_flowing_sand: "⏳", rewind: "⏪", "+1": "👍", thumbsup: "👍", "-1": "👎",
  thumbsdown: "👎", lock: "🔒", unlock: "🔓", bell: "🔔", no_bell: "🔕", steam_locomotive: "🚂",
  rocket: "🚀", test_tube: "🧪", broom: "🧹", arrow_upper_right: "↗",
};

const CHARACTERS = new RegExp(`(${Object.keys(SIGNS).join("|")})\\uFE0F?`, "u");

/** Text with its emoji drawn; shortcodes only where Slack reads them. */
export function drawn(text, { shortcodes = true } = {}) {
  const spelt = shortcodes
    ? text.replace(/:([a-z0-9_+-]+):/g, (all, name) => SHORTCODES[name] ?? all)
    : text;
  const parts = spelt.split(CHARACTERS);
  return parts.map((part, place) => (place % 2 ? sign(part) : part)).filter((part) => part !== "");
}

function sign(character) {
  const [symbol, tone, label] = SIGNS[character];
  return h("span", { class: "sign", "data-tone": tone }, icon(symbol, { label }));
}

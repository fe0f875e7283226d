// Slack's markup: *bold*, _italic_, ~struck~, `code`, ```blocks```, > quotes, <links|with names>.

import { h } from "./dom.js";
import { drawn } from "./emoji.js";

const TOKENS = new RegExp([
  "```([\\s\\S]+?)```",
  "`([^`\\n]+)`",
  "<([^<>\\n]+)>",
  "(?<![\\w*])\\*(?=\\S)([^*\\n]+?)(?<=\\S)\\*(?![\\w*])",
  "(?<![\\w_])_(?=\\S)([^_\\n]+?)(?<=\\S)_(?![\\w_])",
  "(?<![\\w~])~(?=\\S)([^~\\n]+?)(?<=\\S)~(?![\\w~])",
].join("|"), "g");

const SAFE_LINK = /^(https?:|mailto:)/i;

/** Slack escapes three characters, in markup and in plain text alike. */
export function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A plain_text or mrkdwn object as nodes. `names` gives names of users and channels by id. */
export function rendered(text, names = {}) {
  if (!text) return [];
  if (text.type === "plain_text") return lines(drawn(unescaped(text.text), { shortcodes: text.emoji !== false }));
  return quoted(text.text, names);
}

function quoted(source, names) {
  const nodes = [];
  let plain = [];
  const flush = () => {
    if (plain.length) nodes.push(...spans(plain.join("\n"), names));
    plain = [];
  };
  let inCode = false;
  for (const line of source.split("\n")) {
    const quote = inCode ? null : line.match(/^&gt;\s?(.*)$/);
    if (line.split("```").length % 2 === 0) inCode = !inCode;
    if (!quote) {
      plain.push(line);
      continue;
    }
    flush();
    nodes.push(h("blockquote", {}, spans(quote[1], names)));
  }
  flush();
  return nodes;
}

function spans(source, names) {
  const nodes = [];
  let from = 0;
  for (const match of source.matchAll(TOKENS)) {
    nodes.push(...lines(drawn(unescaped(source.slice(from, match.index)))));
    nodes.push(span(match, names));
    from = match.index + match[0].length;
  }
  nodes.push(...lines(drawn(unescaped(source.slice(from)))));
  return nodes;
}

function span([, block, code, angled, bold, italic, struck], names) {
  if (block !== undefined) return h("pre", {}, h("code", {}, unescaped(block.replace(/^\n/, ""))));
  if (code !== undefined) return h("code", {}, unescaped(code));
  if (angled !== undefined) return reference(angled, names);
  if (bold !== undefined) return h("strong", {}, spans(bold, names));
  if (italic !== undefined) return h("em", {}, spans(italic, names));
  return h("s", {}, spans(struck, names));
}

function reference(angled, names) {
  const [target, label] = angled.split("|", 2);
  if (/^[@#]/.test(target)) {
    const name = names[target.slice(1)] ?? label ?? target.slice(1);
    return h("span", { class: "mention" }, `${target[0]}${name}`);
  }
  if (target.startsWith("!date^")) return h("time", {}, unescaped(label ?? target));
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${label ?? target.slice(1)}`);
  const url = unescaped(target);
  if (!SAFE_LINK.test(url)) return unescaped(`<${angled}>`);
  return h("a", { href: url, rel: "noreferrer noopener", target: "_blank" }, unescaped(label ?? target));
}

function lines(nodes) {
  return nodes.flatMap((node) => (typeof node === "string"
    ? node.split("\n").flatMap((line, place) => (place ? [h("br"), line] : [line]))
    : [node]));
}

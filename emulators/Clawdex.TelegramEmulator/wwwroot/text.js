// A message's text and entities as elements. Offsets count UTF-16 units, as JavaScript's strings do.
import { el, toast } from "./dom.js";

const blocks = new Set(["pre", "blockquote", "expandable_blockquote"]);

/** @param onCommand called with a command that was clicked */
export function renderText(text, entities, onCommand) {
  const root = document.createDocumentFragment();
  const open = [{ node: root, end: text.length }];
  let position = 0;
  let afterBlock = false;

  const write = (end, beforeBlock) => {
    let piece = text.slice(position, end);
    // The line breaks around a block are the block's own.
    if (afterBlock) piece = piece.replace(/^\n{1,2}/u, "");
    if (beforeBlock && piece.endsWith("\n")) piece = piece.slice(0, -1);
    if (end > position) afterBlock = false;
    if (piece) open.at(-1).node.append(piece);
    position = Math.max(position, end);
  };
  const close = (until, beforeBlock) => {
    while (open.length > 1 && open.at(-1).end <= until) {
      write(open.at(-1).end);
      afterBlock = open.pop().isBlock;
    }
    write(until, beforeBlock);
  };

  for (const entity of entities) {
    close(entity.offset, blocks.has(entity.type));
    const end = Math.min(entity.offset + entity.length, open.at(-1).end);
    const { outer, inner } = elementFor(entity, text.slice(entity.offset, end), onCommand);
    open.at(-1).node.append(outer);
    open.push({ node: inner, end, isBlock: blocks.has(entity.type) });
  }
  close(text.length);
  return root;
}

function elementFor(entity, content, onCommand) {
  const kind = { "data-kind": entity.type };
  const simple = (tag, properties = {}) => {
    const element = el(tag, { ...kind, ...properties });
    return { outer: element, inner: element };
  };
  switch (entity.type) {
    case "bold": return simple("strong");
    case "italic": return simple("em");
    case "underline": return simple("u");
    case "strikethrough": return simple("s");
    case "code": return simple("code");
    case "pre": return codeBlock(entity, kind);
    case "blockquote": return simple("blockquote");
    case "expandable_blockquote": return simple("blockquote", { className: "folded", onclick: event => event.currentTarget.classList.toggle("folded") });
    case "spoiler": return spoiler(kind);
    case "url": return link(content, kind);
    case "text_link": return link(entity.url, kind);
    case "bot_command": return simple("button", { type: "button", className: "command", onclick: event => onCommand(event.currentTarget.textContent) });
    default: return simple("span");
  }
}

function codeBlock(entity, kind) {
  const code = el("code");
  const copy = el("button", { type: "button", "aria-label": "Copy code" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      toast("Code copied");
    } catch {
      toast("The browser did not allow copying");
    }
  });
  const outer = el("div", { className: "code-block", ...kind },
    el("div", { className: "code-head" }, el("span", {}, entity.language ?? "code"), copy),
    el("pre", { tabIndex: 0 }, code));
  // The buttons listen to their own elements: when a growing block is merged into the present one, those stay.
  return { outer, inner: code };
}

function spoiler(kind) {
  const element = el("span", { className: "spoiler", role: "button", tabIndex: 0, "aria-label": "Hidden text, press to reveal", ...kind });
  const reveal = () => {
    element.classList.add("shown");
    element.removeAttribute("role");
    element.removeAttribute("aria-label");
  };
  element.addEventListener("click", reveal);
  element.addEventListener("keydown", event => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      reveal();
    }
  });
  return { outer: element, inner: element };
}

const richTags = new Set([
  "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "mark", "sub", "sup", "h1", "h2", "h3", "h4", "h5", "h6", "p", "hr", "br", "ul", "ol", "li",
  "blockquote", "aside", "cite", "figure", "figcaption", "footer", "table", "caption", "tr", "th", "td", "details", "summary",
]);

/** A rich message's HTML as elements of the page's own: nothing of it is taken over but names of known tags and text. */
export function renderRich(html) {
  const root = document.createDocumentFragment();
  for (const node of new DOMParser().parseFromString(html, "text/html").body.childNodes) root.append(...richNode(node));
  return root;
}

function richNode(node) {
  if (node.nodeType === Node.TEXT_NODE) return [node.data];
  if (node.nodeType !== Node.ELEMENT_NODE) return [];
  const name = node.localName;
  const children = [...node.childNodes].flatMap(richNode);
  if (name === "pre") {
    const language = /^language-(.+)$/u.exec(node.firstElementChild?.className ?? "")?.[1];
    const { outer, inner } = codeBlock({ language }, { "data-kind": "pre" });
    inner.append(node.textContent);
    return [outer];
  }
  if (name === "a") {
    const { outer } = link(node.getAttribute("href") ?? "", { "data-kind": "text_link" });
    outer.append(...children);
    return [outer];
  }
  if (name === "input") return [el("input", { type: "checkbox", checked: node.hasAttribute("checked"), disabled: true, "aria-label": "Task" })];
  if (name === "tg-spoiler") {
    const { outer } = spoiler({ "data-kind": "spoiler" });
    outer.append(...children);
    return [outer];
  }
  if (name === "tg-math" || name === "tg-math-block") return [el(name === "tg-math" ? "span" : "div", { className: "formula", role: "math", "aria-label": node.textContent }, node.textContent)];
  if (!richTags.has(name)) return children;
  const element = el(name, {}, ...children);
  if (name === "th" || name === "td") element.style.textAlign = ["center", "right"].find(align => align === node.getAttribute("align")) ?? "left";
  if (name === "ol") element.start = Number(node.getAttribute("start") ?? 1);
  // A wide table is scrolled by itself.
  return [name === "table" ? el("div", { className: "table", tabIndex: 0, role: "region", "aria-label": "Table" }, element) : element];
}

/** Only addresses of web pages and mail become links; anything else stays text. */
export function safeUrl(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function link(address, kind) {
  const href = safeUrl(address);
  const element = href ? el("a", { href, target: "_blank", rel: "noopener noreferrer", ...kind }) : el("span", kind);
  return { outer: element, inner: element };
}

// Small helpers for building the page. Text only ever becomes text nodes: nothing here parses HTML.

/** Creates an element; properties starting with "aria-", "data-" or "role" become attributes. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.startsWith("aria-")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

const paths = {
  reply: "M10 8V4l-7 7 7 7v-4c5 0 8 1.5 11 5-1-7-4-11-11-11z",
  edit: "M4 20h4L19 9l-4-4L4 16v4zM13.5 6.5l4 4",
  remove: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

/**
 * Makes the children of one element equal to another's with as few changes as possible, so that a growing answer neither
 * flickers nor loses a selection, a scrolled code block or a revealed spoiler.
 */
export function morph(present, wanted) {
  let old = present.firstChild;
  for (const next of [...wanted.childNodes]) {
    if (old === null) {
      present.append(next);
      continue;
    }
    const following = old.nextSibling;
    if (old.nodeType === Node.TEXT_NODE && next.nodeType === Node.TEXT_NODE) {
      // Appending keeps a selection inside the old text.
      if (next.data.startsWith(old.data)) {
        if (next.data.length > old.data.length) old.appendData(next.data.slice(old.data.length));
      } else if (old.data !== next.data) {
        old.data = next.data;
      }
    } else if (old.nodeType === Node.ELEMENT_NODE && next.nodeType === Node.ELEMENT_NODE && isSame(old, next)) {
      morph(old, next);
    } else {
      old.replaceWith(next);
    }
    old = following;
  }
  while (old !== null) {
    const following = old.nextSibling;
    old.remove();
    old = following;
  }
}

function isSame(a, b) {
  return a.tagName === b.tagName && a.dataset.kind === b.dataset.kind && a.getAttribute("href") === b.getAttribute("href");
}

export function toast(text) {
  const element = el("div", {}, text);
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), 4000);
}

/** Initials on one of six colours. */
export function showAvatar(element, chat) {
  const words = chat.title.trim().split(/\s+/u);
  element.textContent = words.slice(0, 2).map(word => [...word][0] ?? "").join("").toUpperCase();
  element.dataset.color = String(Math.abs(chat.id) % 6);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const longDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

export const timeOf = ms => clock.format(ms);

const dayOf = ms => new Date(ms).toDateString();

/** For the list of chats: the time today, the weekday within a week, else the date. */
export function shortTime(ms) {
  if (dayOf(ms) === dayOf(Date.now())) return clock.format(ms);
  return Date.now() - ms < 6 * 86_400_000 ? weekday.format(ms) : date.format(ms);
}

/** For the separators between days. */
export function dayName(ms) {
  if (dayOf(ms) === dayOf(Date.now())) return "Today";
  if (dayOf(ms) === dayOf(Date.now() - 86_400_000)) return "Yesterday";
  return longDate.format(ms);
}

export const isSameDay = (a, b) => dayOf(a) === dayOf(b);

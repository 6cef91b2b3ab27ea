// One message as an element, and how that element follows the message's edits.
import { el, icon, morph, timeOf } from "./dom.js";
import { renderRich, renderText, safeUrl } from "./text.js";

const mediaIcons = { photo: "🖼️", sticker: "👍", voice: "🎤", document: "📄" };

/** What a message is about in one line. */
export function excerpt(message) {
  if (message.service) return serviceText(message.service);
  const text = message.text.replaceAll(/\s+/gu, " ").trim();
  return message.media ? `${mediaIcons[message.media] ?? "📎"} ${text || message.media}` : text;
}

function serviceText(service) {
  switch (service.kind) {
    case "forum_topic_created": return `Topic “${service.name}” created`;
    case "migrate_to_chat_id": return "This group became a supergroup";
    case "migrate_from_chat_id": return "Upgraded from a group";
    default: return service.kind;
  }
}

/** A message's element. {@link Bubble.update} changes it in place. */
export class Bubble {
  #actions;
  #bubble;
  #text;
  #meta;
  #keyboard = null;
  #keyboardJson = "";

  /** @param actions { reply, edit, remove, press, command, find } */
  constructor(message, { isOwn, isGroup }, actions) {
    this.#actions = actions;
    this.isOwn = isOwn;
    if (message.service) {
      this.element = el("li", { className: "service" }, el("span", {}, serviceText(message.service)));
      this.message = message;
      return;
    }
    this.#text = el("div", { className: "text", dir: "auto" });
    this.#meta = el("span", { className: "meta" });
    const target = message.replyToMessageId ? actions.find(message.replyToMessageId) : null;
    this.#bubble = el("div", { className: "bubble" },
      isGroup && !isOwn && el("span", { className: "sender" }, message.from.name),
      target && el("button", { type: "button", className: "quote-of", onclick: () => actions.show(target.messageId) }, excerpt(target)),
      message.media && el("div", { className: "media", role: "img", "aria-label": message.media }, mediaIcons[message.media] ?? "📎"),
      this.#text,
      this.#meta);
    this.element = el("li", { className: `row ${isOwn ? "out" : "in"}`, "data-message-id": message.messageId },
      el("div", { className: "line" }, this.#bubble, this.#tools(message)));
    this.update(message);
  }

  update(message) {
    this.message = message;
    if (message.service) return;
    const wanted = document.createDocumentFragment();
    wanted.append(message.richHtml ? renderRich(message.richHtml) : renderText(message.text, message.entities, this.#actions.command));
    this.#text.classList.toggle("rich", Boolean(message.richHtml));
    morph(this.#text, wanted);
    const isEdited = message.edits > 0;
    this.element.classList.toggle("edited", isEdited);
    this.#meta.textContent = `${isEdited ? "edited " : ""}${timeOf(message.date)}`;
    // Keeps room for it at the end of the last line.
    this.#text.dataset.meta = this.#meta.textContent;
    this.#updateKeyboard(message);
  }

  #updateKeyboard(message) {
    const json = JSON.stringify(message.keyboard ?? null);
    if (json === this.#keyboardJson) return;
    this.#keyboardJson = json;
    this.#keyboard?.remove();
    this.#keyboard = null;
    if (!message.keyboard) return;
    this.#keyboard = el("div", { className: "keyboard", role: "group", "aria-label": "Buttons" },
      ...message.keyboard.map(row => el("div", {}, ...row.map(button => this.#button(button)))));
    this.element.append(this.#keyboard);
  }

  #button(button) {
    const href = button.url ? safeUrl(button.url) : null;
    if (href) return el("a", { href, target: "_blank", rel: "noopener noreferrer" }, button.text);
    return el("button", { type: "button", onclick: event => this.#actions.press(this.message, button, event.currentTarget) }, button.text);
  }

  #tools(message) {
    const tool = (name, label, action) =>
      el("button", { type: "button", className: "round", "aria-label": label, title: label, onclick: () => action(this.message) }, icon(name));
    return el("div", { className: "tools" },
      tool("reply", "Reply", this.#actions.reply),
      this.isOwn && !message.media && tool("edit", "Edit", this.#actions.edit),
      tool("remove", "Delete", this.#actions.remove));
  }
}

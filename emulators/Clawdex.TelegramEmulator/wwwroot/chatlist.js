// The list of chats, and the dialog for a new one.
import { el, shortTime, showAvatar } from "./dom.js";
import { excerpt } from "./bubble.js";

const $ = id => document.getElementById(id);

export class ChatList {
  #list = $("chat-list");
  #items = new Map();
  #onSelect;

  constructor(onSelect) {
    this.#onSelect = onSelect;
  }

  /** Newest first; items are kept and moved, so that the focus stays. */
  render(store) {
    const nodes = store.sorted.map(chat => this.#item(chat, chat.info.id === store.selectedId));
    const wanted = new Set(nodes);
    for (const child of [...this.#list.children]) if (!wanted.has(child)) child.remove();
    nodes.forEach((node, index) => {
      if (this.#list.children[index] !== node) this.#list.insertBefore(node, this.#list.children[index] ?? null);
    });
  }

  #item(chat, isSelected) {
    const id = chat.info.id;
    let item = this.#items.get(id);
    if (!item) {
      const parts = { avatar: el("span", { className: "avatar", "aria-hidden": "true" }), name: el("span", { className: "name" }), time: el("span", { className: "time" }), preview: el("span", { className: "preview" }), badge: el("span", { className: "badge" }) };
      const button = el("button", { type: "button", onclick: () => this.#onSelect(id) }, parts.avatar,
        el("span", { className: "summary" }, parts.name, parts.time, parts.preview, parts.badge));
      item = { ...parts, button, element: el("li", {}, button) };
      this.#items.set(id, item);
    }
    showAvatar(item.avatar, chat.info);
    item.name.textContent = chat.info.title;
    item.time.textContent = chat.last ? shortTime(chat.last.date) : "";
    item.preview.textContent = preview(chat);
    item.badge.hidden = chat.unread === 0;
    item.badge.textContent = String(chat.unread);
    item.badge.setAttribute("aria-label", `${chat.unread} unread`);
    item.button.setAttribute("aria-current", String(isSelected));
    return item.element;
  }
}

function preview({ info, last }) {
  if (!last) return "No messages yet";
  return info.kind === "private" || last.service ? excerpt(last) : `${last.from.name}: ${excerpt(last)}`;
}

/** Asks for a new chat. @param create called with the control API's request */
export function wireNewChatDialog(create) {
  const dialog = $("new-chat-dialog");
  const form = $("new-chat-form");
  const split = text => text.split(",").map(part => part.trim()).filter(Boolean);
  const update = () => {
    const kind = form.elements.kind.value;
    $("new-chat-name-label").textContent = kind === "private" ? "Name of the user" : "Title";
    $("new-chat-members").hidden = kind === "private";
    $("new-chat-topics").hidden = kind !== "forum";
  };
  $("new-chat").addEventListener("click", () => {
    form.reset();
    update();
    dialog.showModal();
    $("new-chat-name").focus();
  });
  $("new-chat-cancel").addEventListener("click", () => dialog.close());
  form.addEventListener("change", update);
  form.addEventListener("submit", () => {
    const kind = form.elements.kind.value;
    create({
      kind,
      title: form.elements.name.value.trim(),
      members: kind === "private" ? [] : split(form.elements.members.value),
      topics: kind === "forum" ? split(form.elements.topics.value) : [],
    });
  });
}

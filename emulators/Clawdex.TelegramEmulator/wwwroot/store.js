// What the page knows: chats, messages, unread counts. Changes are told to one listener.
import { api } from "./api.js";

const unreadKey = "clawdex.unread";

export class Store {
  bot = { name: "Bot", username: "" };
  chats = new Map();
  selectedId = null;
  #onChange;
  #loads = 0;
  #waiting = [];

  /** @param onChange called with (chat, change), change being "chats" or a timeline entry */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get selected() {
    return this.chats.get(this.selectedId) ?? null;
  }

  /** Newest activity first. */
  get sorted() {
    return [...this.chats.values()].sort((a, b) => (b.last?.date ?? 0) - (a.last?.date ?? 0) || a.info.title.localeCompare(b.info.title));
  }

  /** Loads everything anew: at the start, and when events were missed. */
  reload() {
    return this.#loading(() => this.#reload());
  }

  async #reload() {
    const { bot, chats } = await api.overview();
    this.bot = bot;
    const unread = readUnread();
    const before = this.chats;
    this.chats = new Map();
    for (const { chat, last } of chats) {
      const known = before.get(chat.id);
      this.chats.set(chat.id, {
        ...newChat(chat),
        last: last ?? null,
        draft: known?.draft ?? "",
        topic: known?.topic ?? null,
        unread: known?.unread ?? unread[chat.id] ?? 0,
      });
    }
    if (this.selected) await this.load(this.selected);
    this.#onChange(null, "chats");
  }

  /** Fetches a chat's messages if that was not done yet. */
  async load(chat) {
    if (chat.isLoaded) return;
    await this.#loading(async () => {
      const snapshot = await api.chat(chat.info.id);
      chat.info = snapshot.chat;
      chat.sequence = snapshot.sequence;
      for (const message of snapshot.messages) chat.messages.set(message.messageId, message);
      chat.isLoaded = true;
    });
  }

  /** What is loaded may be older than entries that arrive meanwhile: those wait for it. */
  async #loading(load) {
    this.#loads++;
    try {
      await load();
    } finally {
      if (--this.#loads === 0) for (const entry of this.#waiting.splice(0)) this.#apply(entry);
    }
  }

  async select(id) {
    this.selectedId = id;
    const chat = this.selected;
    if (!chat) return;
    this.markRead(chat);
    await this.load(chat);
  }

  markRead(chat) {
    if (chat.unread === 0) return;
    chat.unread = 0;
    this.#saveUnread();
  }

  /** Takes over one entry of the timeline; one that a snapshot holds already changes nothing. */
  apply(entry) {
    if (this.#loads > 0) this.#waiting.push(entry);
    else this.#apply(entry);
  }

  #apply(entry) {
    if (!entry.ok) return;
    if (entry.kind === "chat") {
      this.setChat(entry.chat);
      return;
    }
    const chat = this.chats.get(entry.chatId);
    if (chat && entry.sequence <= chat.sequence) return;
    if (chat && entry.message) this.put(chat, entry.message);
    if (chat && entry.kind === "send" && (chat.info.id !== this.selectedId || document.hidden)) {
      chat.unread++;
      this.#saveUnread();
    }
    this.#onChange(chat ?? null, entry);
  }

  /** Takes over a chat that was created or changed. */
  setChat(info) {
    const known = this.chats.get(info.id);
    if (known) known.info = info;
    else this.chats.set(info.id, newChat(info));
    this.#onChange(this.chats.get(info.id), "chats");
  }

  put(chat, message) {
    if (message.isDeleted) {
      chat.messages.delete(message.messageId);
      if (chat.last?.messageId === message.messageId) chat.last = [...chat.messages.values()].at(-1) ?? null;
      return;
    }
    if (chat.isLoaded) chat.messages.set(message.messageId, message);
    if (!chat.last || message.messageId >= chat.last.messageId) chat.last = message;
  }

  #saveUnread() {
    const counts = Object.fromEntries([...this.chats.values()].filter(chat => chat.unread > 0).map(chat => [chat.info.id, chat.unread]));
    try {
      localStorage.setItem(unreadKey, JSON.stringify(counts));
    } catch {
      // Without storage the counts live as long as the page.
    }
  }
}

function newChat(info) {
  return { info, messages: new Map(), isLoaded: false, sequence: 0, last: null, unread: 0, draft: "", topic: null, typingUntil: 0 };
}

function readUnread() {
  try {
    return JSON.parse(localStorage.getItem(unreadKey) ?? "{}");
  } catch {
    return {};
  }
}

// The messages of the selected chat: bubbles, days, scrolling, the typing indicator.
import { dayName, el, isSameDay } from "./dom.js";
import { Bubble } from "./bubble.js";

const pageSize = 150;
const typingMs = 5_000;
const $ = id => document.getElementById(id);

export class Conversation {
  #list = $("messages");
  #scroller = $("scroller");
  #bubbles = new Map();
  #chat = null;
  #actions;
  #limit = pageSize;
  #isStuck = true;
  #missed = 0;
  #typingTimer = 0;
  #announceTimer = 0;

  constructor(actions) {
    this.#actions = { ...actions, find: id => this.#chat?.messages.get(id) ?? null, show: id => this.#show(id) };
    this.#scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#isStuck = scrollHeight - scrollTop - clientHeight < 40;
      if (this.#isStuck) this.#missed = 0;
      this.#updateJump();
    }, { passive: true });
    $("jump").addEventListener("click", () => this.#toBottom("smooth"));
    $("earlier").addEventListener("click", () => this.#showEarlier());
    // The composer grew, a keyboard opened: the end stays in view.
    new ResizeObserver(() => this.#isStuck && this.#toBottom("instant")).observe(this.#scroller);
  }

  /** Shows a chat from its end. */
  show(chat) {
    this.#chat = chat;
    this.#limit = pageSize;
    this.#missed = 0;
    this.#isStuck = true;
    this.#rebuild();
    this.#updateTyping();
    this.#toBottom("instant");
  }

  /** Shows what changed; a growing message grows in place. */
  refresh(entry) {
    if (entry.chatId !== this.#chat?.info.id) return;
    const bubble = entry.message && this.#bubbles.get(entry.message.messageId);
    if (bubble && !entry.message.isDeleted && this.#isShown(entry.message)) bubble.update(entry.message);
    else if (entry.message) this.#rebuild();
    if (entry.kind === "send") {
      this.#chat.typingUntil = 0;
      if (!this.#isStuck) this.#missed++;
    }
    if (entry.kind === "chatAction" && entry.detail === "typing") this.#chat.typingUntil = Date.now() + typingMs;
    if (entry.kind === "userMessage") this.#isStuck = true;
    this.#updateTyping();
    if (this.#isStuck) this.#toBottom("instant");
    this.#updateJump();
    if (entry.kind === "send" || entry.kind === "edit") this.#announce(entry.message);
  }

  get isTyping() {
    return (this.#chat?.typingUntil ?? 0) > Date.now();
  }

  /** The newest message that its writer may still edit. */
  get lastOwn() {
    return [...this.#bubbles.values()].filter(bubble => bubble.isOwn && !bubble.message.service && !bubble.message.media).at(-1)?.message ?? null;
  }

  #isShown(message) {
    return this.#chat.info.kind !== "forum" || (message.threadId ?? null) === this.#chat.topic;
  }

  /** Brings the list in line with the messages: keeps the elements that stay. */
  #rebuild() {
    const all = [...this.#chat.messages.values()].filter(message => this.#isShown(message)).sort((a, b) => a.messageId - b.messageId);
    const shown = all.slice(-this.#limit);
    const before = this.#bubbles;
    const isFirst = this.#list.dataset.chat !== `${this.#chat.info.id}/${this.#chat.topic}`;
    if (isFirst) before.clear();
    this.#list.dataset.chat = `${this.#chat.info.id}/${this.#chat.topic}`;
    this.#bubbles = new Map();
    const nodes = [];
    shown.forEach((message, index) => {
      const previous = shown[index - 1];
      const next = shown[index + 1];
      if (!previous || !isSameDay(previous.date, message.date)) nodes.push(el("li", { className: "day" }, el("span", {}, dayName(message.date))));
      const bubble = before.get(message.messageId) ?? this.#create(message, !isFirst);
      if (bubble.message !== message) bubble.update(message);
      bubble.element.classList.toggle("first", previous?.from.id !== message.from.id);
      bubble.element.classList.toggle("last", next?.from.id !== message.from.id);
      this.#bubbles.set(message.messageId, bubble);
      nodes.push(bubble.element);
    });
    reconcile(this.#list, nodes);
    $("earlier").hidden = all.length <= this.#limit;
    this.#updateEmpty(all.length === 0);
  }

  #create(message, isNew) {
    const isGroup = this.#chat.info.kind !== "private";
    const isOwn = !message.from.isBot && message.from.id === (this.#chat.persona ?? this.#chat.info.members[0].id);
    const bubble = new Bubble(message, { isOwn, isGroup }, this.#actions);
    if (isNew) {
      bubble.element.classList.add("new");
      bubble.element.addEventListener("animationend", () => bubble.element.classList.remove("new"), { once: true });
    }
    return bubble;
  }

  #updateEmpty(isEmpty) {
    const empty = $("empty");
    empty.hidden = !isEmpty;
    if (!isEmpty || empty.childElementCount > 0) return;
    const hint = text => el("button", { type: "button", onclick: () => this.#actions.hint(text) }, text);
    empty.append(
      el("h3", {}, "Say hello"),
      el("p", {}, "Write a message below and watch the answer grow. Type / to see what the bot can do."),
      el("div", { className: "hints" }, hint("Hello, what can you do?"), hint("Show me some Markdown"), hint("/help")));
  }

  #updateTyping() {
    clearTimeout(this.#typingTimer);
    $("typing").hidden = !this.isTyping;
    this.#actions.onTyping(this.isTyping);
    if (this.isTyping) this.#typingTimer = setTimeout(() => this.#updateTyping(), this.#chat.typingUntil - Date.now() + 20);
  }

  #updateJump() {
    $("jump").hidden = this.#isStuck;
    $("jump").setAttribute("aria-label", this.#missed > 0 ? `To the newest message, ${this.#missed} new` : "To the newest message");
    $("jump-count").hidden = this.#missed === 0;
    $("jump-count").textContent = String(this.#missed);
  }

  #showEarlier() {
    const fromEnd = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    this.#limit += pageSize;
    this.#rebuild();
    this.#scroller.scrollTop = this.#scroller.scrollHeight - fromEnd;
  }

  #show(messageId) {
    this.#bubbles.get(messageId)?.element.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  #toBottom(behavior) {
    this.#scroller.scrollTo({ top: this.#scroller.scrollHeight, behavior });
  }

  /** A screen reader hears an answer once, when it has stopped growing. */
  #announce(message) {
    clearTimeout(this.#announceTimer);
    this.#announceTimer = setTimeout(() => { $("announcer").textContent = `${message.from.name}: ${message.text}`; }, 1500);
  }
}

/** Makes the list's children the given ones, moving as few as possible. */
function reconcile(list, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}

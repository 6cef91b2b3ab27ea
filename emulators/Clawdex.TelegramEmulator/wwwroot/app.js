// The chat page: connects the emulator's timeline with what is shown.
import { api, follow } from "./api.js";
import { ChatList, wireNewChatDialog } from "./chatlist.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { el, showAvatar, toast } from "./dom.js";
import { answered, answerTo } from "./presses.js";
import { Store } from "./store.js";

const $ = id => document.getElementById(id);
const isPhone = matchMedia("(max-width: 719px)");

const connectionTexts = {
  open: "",
  closed: "Reconnecting…",
  otherStart: "This page is of another start: open the address that the console shows",
};

const store = new Store((chat, change) => {
  list.render(store);
  updateTitle();
  if (change === "chats") {
    if (chat && chat === store.selected) showHeader();
    return;
  }
  if (change.kind === "commands") loadCommands();
  if (change.kind === "callbackAnswer") answered(change);
  if (chat && chat === store.selected) conversation.refresh(change);
});

const list = new ChatList(id => go(id));

const conversation = new Conversation({
  reply: message => composer.setContext({ kind: "reply", message }),
  edit: message => composer.setContext({ kind: "edit", message }),
  remove: message => attempt(() => api.remove(store.selectedId, message.messageId)),
  command: text => attempt(() => send(text, null)),
  hint: text => attempt(() => send(text, null)),
  press,
  onTyping: () => showSubtitle(),
});

const composer = new Composer({
  send: (text, context) => attempt(() => send(text, context), () => { composer.text = text; }),
  lastOwn: () => conversation.lastOwn,
  onDraft: text => { if (store.selected) store.selected.draft = text; },
});

/** The address names the chat, so that the browser's own back works on a phone. */
function go(id) {
  if (location.hash === `#${id}`) return showChat(id);
  location.hash = String(id);
}

async function showChat(id) {
  const chat = store.chats.get(id);
  if (!chat) return;
  document.body.dataset.view = "chat";
  const draft = chat.draft;
  await store.select(id);
  // Another chat was chosen while this one was fetched.
  if (store.selectedId !== id) return;
  list.render(store);
  showHeader();
  updateTitle();
  composer.setContext(null);
  composer.text = draft;
  conversation.show(chat);
  composer.focus();
  await loadCommands();
}

function showList() {
  document.body.dataset.view = "list";
  store.selectedId = null;
  list.render(store);
  updateTitle();
}

async function loadCommands() {
  if (store.selectedId !== null) composer.setCommands(await api.commands(store.selectedId).catch(() => []));
}

function showHeader() {
  const { info } = store.selected;
  showAvatar($("chat-avatar"), info);
  $("chat-title").textContent = info.title;
  showSubtitle();
  showTopics();
  $("persona").hidden = info.kind === "private" || info.members.length < 2;
  $("persona-select").replaceChildren(...info.members.map(member => el("option", { value: member.name }, member.name)));
}

function showSubtitle() {
  const chat = store.selected;
  if (!chat) return;
  const subtitle = $("chat-subtitle");
  subtitle.classList.toggle("active", conversation.isTyping);
  if (conversation.isTyping) subtitle.textContent = `${store.bot.name} is typing…`;
  else if (chat.info.kind === "private") subtitle.textContent = `private chat with @${store.bot.username}`;
  else subtitle.textContent = `${chat.info.kind} · ${[...chat.info.members.map(member => member.name), store.bot.name].join(", ")}`;
}

function showTopics() {
  const chat = store.selected;
  $("topics").hidden = chat.info.kind !== "forum";
  const topics = [{ id: null, name: "General" }, ...chat.info.topics];
  $("topics").replaceChildren(...topics.map(topic => el("button", {
    type: "button",
    "aria-pressed": String(topic.id === chat.topic),
    onclick: () => {
      chat.topic = topic.id;
      showTopics();
      conversation.show(chat);
    },
  }, topic.name)));
}

function updateTitle() {
  const unread = [...store.chats.values()].reduce((sum, chat) => sum + chat.unread, 0);
  document.title = unread > 0 ? `(${unread}) Clawdex` : "Clawdex";
}

async function send(text, context) {
  const chat = store.selected;
  if (context?.kind === "edit") {
    await api.edit(chat.info.id, context.message.messageId, text);
    return;
  }
  await api.send(chat.info.id, {
    text,
    from: $("persona").hidden ? undefined : $("persona-select").value,
    replyTo: context?.message.messageId,
    threadId: chat.topic ?? undefined,
  });
}

async function press(message, button, element) {
  if (element.ariaBusy === "true") return;
  element.ariaBusy = "true";
  await attempt(async () => {
    const { callbackId } = await api.press(store.selectedId, { messageId: message.messageId, data: button.callbackData });
    const answer = await answerTo(callbackId);
    if (answer?.rawText) showAnswer(answer);
  });
  element.ariaBusy = null;
}

function showAnswer(entry) {
  if (entry.detail === "alert") {
    $("alert-text").textContent = entry.rawText;
    $("alert").showModal();
  } else {
    toast(entry.rawText);
  }
}

/** Runs what may fail, and says why it did. */
async function attempt(action, undo) {
  try {
    await action();
  } catch (error) {
    undo?.();
    toast(error instanceof TypeError ? "The emulator does not answer" : error.message);
  }
}

async function reload() {
  await attempt(async () => {
    await store.reload();
    const wanted = Number(location.hash.slice(1));
    const selected = store.selected ?? store.chats.get(wanted) ?? (document.body.dataset.view === "list" ? null : store.sorted[0]);
    if (!selected) return;
    if (Number(location.hash.slice(1)) !== selected.info.id) history.replaceState(null, "", `#${selected.info.id}`);
    await showChat(selected.info.id);
  });
}

window.addEventListener("hashchange", () => {
  const id = Number(location.hash.slice(1));
  if (store.chats.has(id)) attempt(() => showChat(id));
  else if (isPhone.matches) showList();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden || !store.selected) return;
  store.markRead(store.selected);
  list.render(store);
  updateTitle();
});
document.addEventListener("keydown", event => {
  // Typing anywhere writes a message.
  const isTyping = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
  if (isTyping && (document.activeElement === document.body || document.activeElement === $("scroller"))) composer.focus();
});
$("back").addEventListener("click", () => { location.hash = ""; });
wireNewChatDialog(request => attempt(async () => {
  const chat = await api.create(request);
  store.setChat(chat);
  go(chat.id);
}));
follow({
  onReset: reload,
  onEntry: entry => store.apply(entry),
  onState: state => { $("connection").textContent = connectionTexts[state]; },
});

// Where messages are written: text, commands, replies and corrections.
import { el } from "./dom.js";
import { excerpt } from "./bubble.js";

const $ = id => document.getElementById(id);

export class Composer {
  #text = $("text");
  #menu = $("command-menu");
  #commands = [];
  #matches = [];
  #active = 0;
  #context = null;
  #actions;

  /** @param actions { send(text, context), lastOwn(), onDraft(text) } */
  constructor(actions) {
    this.#actions = actions;
    $("composer").addEventListener("submit", event => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener("input", () => this.#changed());
    this.#text.addEventListener("keydown", event => this.#onKey(event));
    this.#text.addEventListener("blur", () => setTimeout(() => this.#closeMenu(), 120));
    $("command-button").addEventListener("click", () => this.#toggleMenu());
    $("context-cancel").addEventListener("click", () => this.setContext(null));
  }

  focus() {
    this.#text.focus({ preventScroll: true });
  }

  get text() {
    return this.#text.value;
  }

  set text(value) {
    this.#text.value = value;
    this.#changed();
  }

  setCommands(commands) {
    this.#commands = commands;
    $("command-button").hidden = commands.length === 0;
  }

  /** @param context null, or { kind: "reply" | "edit", message } */
  setContext(context) {
    const wasEdit = this.#context?.kind === "edit";
    this.#context = context;
    $("context").hidden = context === null;
    if (context) {
      $("context-title").textContent = context.kind === "edit" ? "Edit message" : `Reply to ${context.message.from.name}`;
      $("context-excerpt").textContent = excerpt(context.message);
      if (context.kind === "edit") this.text = context.message.text;
    } else if (wasEdit) {
      this.text = "";
    }
    this.focus();
  }

  #submit() {
    const text = this.#text.value.trim();
    if (!text) return;
    const context = this.#context;
    this.#context = null;
    $("context").hidden = true;
    this.text = "";
    this.#actions.send(text, context);
    this.focus();
  }

  #changed() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
    $("send").disabled = this.#text.value.trim() === "";
    if (this.#context?.kind !== "edit") this.#actions.onDraft(this.#text.value);
    this.#updateMenu();
  }

  #onKey(event) {
    // An input method uses Enter to take a suggestion.
    if (event.isComposing || event.keyCode === 229) return;
    if (!this.#menu.hidden && this.#onMenuKey(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#context) {
      this.setContext(null);
    } else if (event.key === "ArrowUp" && this.#text.value === "" && !this.#context) {
      const message = this.#actions.lastOwn();
      if (message) {
        event.preventDefault();
        this.setContext({ kind: "edit", message });
      }
    }
  }

  #onMenuKey(event) {
    switch (event.key) {
      case "ArrowDown": this.#activate(this.#active + 1); return true;
      case "ArrowUp": this.#activate(this.#active - 1); return true;
      case "Home": this.#activate(0); return true;
      case "End": this.#activate(this.#matches.length - 1); return true;
      case "Tab": this.#take(false); return true;
      case "Enter": if (event.shiftKey) return false; this.#take(true); return true;
      case "Escape": this.#closeMenu(); return true;
      default: return false;
    }
  }

  #toggleMenu() {
    if (!this.#menu.hidden) {
      this.#closeMenu();
    } else {
      this.text = "/";
    }
    this.focus();
  }

  /** Open while the text is the beginning of a command. */
  #updateMenu() {
    const typed = /^\/([a-z0-9_]*)$/iu.exec(this.#text.value)?.[1].toLowerCase();
    this.#matches = typed === undefined ? [] : this.#commands.filter(command => command.command.startsWith(typed));
    if (this.#matches.length === 0) {
      this.#closeMenu();
      return;
    }
    this.#menu.replaceChildren(...this.#matches.map((command, index) => el("li", {
      id: `command-${index}`,
      role: "option",
      "aria-selected": "false",
      // Before the text loses its focus.
      onpointerdown: event => event.preventDefault(),
      onclick: () => {
        this.#active = index;
        this.#take(true);
      },
    }, el("b", {}, `/${command.command}`), el("span", {}, command.description))));
    this.#menu.hidden = false;
    this.#text.setAttribute("aria-expanded", "true");
    this.#activate(0);
  }

  #activate(index) {
    const count = this.#matches.length;
    this.#active = (index + count) % count;
    [...this.#menu.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === this.#active)));
    this.#menu.children[this.#active].scrollIntoView({ block: "nearest" });
    this.#text.setAttribute("aria-activedescendant", `command-${this.#active}`);
  }

  /** Enter sends the command as it is; Tab writes it out, to go on with an argument. */
  #take(send) {
    const command = `/${this.#matches[this.#active].command}`;
    this.text = send ? command : `${command} `;
    this.#closeMenu();
    if (send) this.#submit();
  }

  #closeMenu() {
    this.#menu.hidden = true;
    this.#text.setAttribute("aria-expanded", "false");
    this.#text.removeAttribute("aria-activedescendant");
  }
}

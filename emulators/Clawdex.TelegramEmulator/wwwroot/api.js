// The emulator's control API.

const tokenMark = "#token=";
const tokenKey = "clawdex.token";
const token = takeToken();

/** The address that was printed names this start's token. It is kept for the next tab, and goes out of the address at once. */
function takeToken() {
  const given = location.hash.startsWith(tokenMark) ? location.hash.slice(tokenMark.length) : null;
  if (given) history.replaceState(null, "", location.pathname);
  try {
    if (given) localStorage.setItem(tokenKey, given);
    return given ?? localStorage.getItem(tokenKey) ?? "";
  } catch {
    // Without storage the token lives as long as the page.
    return given ?? "";
  }
}

// The address of a later start, opened in this very tab.
window.addEventListener("hashchange", event => {
  if (!location.hash.startsWith(tokenMark)) return;
  event.stopImmediatePropagation();
  takeToken();
  location.reload();
});

async function request(method, path, body) {
  const response = await fetch(`emulator/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) {
    const problem = await response.json().catch(() => null);
    throw Object.assign(new Error(problem?.error ?? `The emulator answered ${response.status}`), { isOtherStart: response.status === 401 });
  }
  return response.status === 204 ? null : response.json();
}

export const api = {
  overview: () => request("GET", "overview"),
  chat: id => request("GET", `chats/${id}`),
  commands: id => request("GET", `chats/${id}/commands`),
  create: chat => request("POST", "chats", chat),
  send: (id, message) => request("POST", `chats/${id}/messages`, message),
  edit: (id, message, text) => request("PUT", `chats/${id}/messages/${message}`, { text }),
  remove: (id, message) => request("DELETE", `chats/${id}/messages/${message}`),
  press: (id, press) => request("POST", `chats/${id}/presses`, press),
};

/**
 * Follows the timeline of all chats. The browser reconnects by itself and says which event it has last; after a restart of the
 * emulator that is answered by a reset.
 */
export function follow({ onReset, onEntry, onState }) {
  const source = new EventSource(`emulator/events?token=${token}`);
  source.addEventListener("open", () => onState("open"));
  source.addEventListener("reset", onReset);
  source.addEventListener("entry", event => onEntry(JSON.parse(event.data)));
  source.addEventListener("error", async () => {
    onState("closed");
    // An answer other than a stream ends the browser's own attempts.
    if (source.readyState !== EventSource.CLOSED) return;
    const isOtherStart = await request("GET", "overview").then(() => false, error => error.isOtherStart === true);
    // No further attempt would help.
    if (isOtherStart) onState("otherStart");
    else setTimeout(() => follow({ onReset, onEntry, onState }), 1500);
  });
}

// The emulator's control API.

async function request(method, path, body) {
  const response = await fetch(`emulator/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) {
    const problem = await response.json().catch(() => null);
    throw new Error(problem?.error ?? `The emulator answered ${response.status}`);
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
  const source = new EventSource("emulator/events");
  source.addEventListener("open", () => onState(true));
  source.addEventListener("reset", onReset);
  source.addEventListener("entry", event => onEntry(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    onState(false);
    // An answer other than a stream ends the browser's own attempts.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow({ onReset, onEntry, onState }), 1500);
  });
}

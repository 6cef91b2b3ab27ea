// Pressed buttons and the bot's answers to them.

/** The bot has so long to answer, in milliseconds; then the button is free again. */
const patience = 15_000;

const presses = new Map();

/**
 * The bot's answer to a press, or null when none came in time. A fast bot's answer is on the timeline before the press itself has
 * returned: whichever names the press first opens it for both.
 */
export function answerTo(callbackId) {
  return open(callbackId).promise;
}

/** Takes over an answer from the timeline. */
export function answered(entry) {
  open(entry.callbackId).resolve(entry);
}

function open(callbackId) {
  let press = presses.get(callbackId);
  if (!press) {
    presses.set(callbackId, press = Promise.withResolvers());
    setTimeout(() => {
      presses.delete(callbackId);
      press.resolve(null);
    }, patience);
  }
  return press;
}

/** Whether a loss is believed. Pure functions; the page of the clients, "A loss must have a reason", has the rules. */

const LOSS_MIN = 3; // fewer are an ordinary day
const REASONS = new Set(['cancelled', 'hold_expired', 'hold_released']);

/**
 * Whether this answer needs a reason. Each is a Map by id.
 * @param {Map<string, unknown>} known
 * @param {Map<string, unknown>} answered
 * @param {Map<string, unknown>} missing
 * @param {boolean} onlyEmpty what is known is old
 */
export function isSharp(known, answered, missing, onlyEmpty = false) {
  if (!known.size) return false;
  if (!answered.size) return true;
  if (onlyEmpty) return false;
  const lost = lostOf(known, answered);
  return lost.some((id) => missing.has(id)) || (lost.length >= LOSS_MIN && 2 * lost.length > known.size);
}

/** The ids that the answer lacks. */
export function lostOf(known, answered) {
  return [...known.keys()].filter((id) => !answered.has(id));
}

/**
 * Those of `lost` whose latest event says that they were taken out.
 * @param {any} document the answer of /v1/events
 * @param {string[]} lost
 */
export function explained(document, lost) {
  const latest = new Map(lost.map((id) => [id, null]));
  for (const event of Array.isArray(document?.events) ? document.events : []) {
    if (latest.has(event?.id)) latest.set(event.id, event.cause); // they come oldest first
  }
  return lost.filter((id) => REASONS.has(latest.get(id)));
}

const PREFIX = 'graphiql:';
const HISTORY = [`${PREFIX}queries`, `${PREFIX}favorites`];

const withoutHeaders = (name, value) => (name === 'headers' ? undefined : value);
const ours = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

/**
 * The browser's storage, except that request headers never reach it. GraphiQL leaves them out of its
 * tabs when told to, but its history keeps them, and that is where a bearer token would stay behind.
 */
export const tokenFreeStorage = {
  getItem: (key) => localStorage.getItem(key),
  removeItem: (key) => localStorage.removeItem(key),
  setItem(key, value) {
    const kept = HISTORY.includes(key)
      ? JSON.stringify(JSON.parse(value), withoutHeaders)
      : value;
    localStorage.setItem(key, kept);
  },
  clear: () => ours().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return ours().length;
  },
};

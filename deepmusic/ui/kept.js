// A text that the browser keeps, over reloads and for later sessions.

export default function ({ data, setStateValue }) {
  try {
    const kept = data.typed ?? localStorage.getItem(data.name) ?? data.otherwise;
    if (kept) localStorage.setItem(data.name, kept);
    else localStorage.removeItem(data.name);
    if (data.typed === null) setStateValue("kept", kept);
  } catch {
    // A browser that keeps nothing: the session keeps it.
  }
}

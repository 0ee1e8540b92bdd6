// Names of files that the session holds, which the tab keeps: another tab is told nothing.

const NAME = "deepmusic_held";

export default function ({ data, setStateValue }) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(NAME) ?? "{}");
    sessionStorage.setItem(NAME, JSON.stringify({ ...kept, ...data.held }));
    if (data.asked && Object.keys(kept).length) setStateValue("kept", kept);
  } catch {
    // A browser that keeps nothing: the page says no names.
  }
}

// A random number that the browser keeps.

const NAME = "deepmusic_device";

const draw = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, "0")).join("");

export default function ({ setStateValue }) {
  let device = null;
  try {
    device = localStorage.getItem(NAME) ?? draw();
    localStorage.setItem(NAME, device);
  } catch {
    return; // A browser that keeps nothing: its session stands for it.
  }
  setStateValue("device", device);
}

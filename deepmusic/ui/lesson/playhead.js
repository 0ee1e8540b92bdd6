// A playhead through every picture of a step, and a button that plays the window alone.

// Places of the playhead, one for each picture: the plots of a chart, or images.
const places = (figure, { pictures }) => (figure ? [...figure.querySelectorAll(pictures)] : []);

// Streamlit calls this anew for each change of the data; what the last call began ends.
const ends = new WeakMap();

export default function ({ parentElement, data }) {
  ends.get(parentElement)?.();
  const button = parentElement.querySelector("button");
  const audio = () => document.querySelector("[data-testid=stAudio]:is(audio), [data-testid=stAudio] audio");
  const figure = () => document.querySelector(".st-key-figure");
  const [from, to] = data.shown;
  const [start, end] = data.window;
  const heads = [];
  let alone = false;

  const play = (seconds) => {
    const player = audio();
    if (!player) return;
    player.currentTime = seconds;
    player.play();
  };
  button.textContent = data.label;
  button.onclick = () => {
    alone = audio()?.paused || !alone;
    if (alone) play(start);
    else audio()?.pause();
  };

  // A click into a picture plays that moment.
  const clicked = (event) => {
    for (const place of places(figure(), data)) {
      const box = place.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width;
      const inside = event.clientY >= box.top && event.clientY <= box.bottom;
      if (x < 0 || x > 1 || !inside) continue;
      alone = false;
      play(from + x * (to - from));
    }
  };
  const draw = () => {
    const player = audio();
    const now = player?.currentTime ?? 0;
    if (alone && player && (player.paused || now < start - 0.3)) alone = false;
    if (alone && now >= end) {
      alone = false;
      player.pause();
    }
    const share = (now - from) / (to - from);
    const host = figure();
    const found = now > 0 && share >= 0 && share <= 1 ? places(host, data) : [];
    while (heads.length > found.length) heads.pop().remove();
    if (!found.length) return;
    const origin = host.getBoundingClientRect();
    found.forEach((place, index) => {
      if (!heads[index]) {
        heads[index] = document.createElement("div");
        heads[index].className = "playhead";
      }
      if (heads[index].parentElement !== host) host.append(heads[index]);
      const box = place.getBoundingClientRect();
      Object.assign(heads[index].style, {
        left: `${box.left - origin.left + share * box.width}px`,
        top: `${box.top - origin.top}px`,
        height: `${box.height}px`,
      });
    });
  };
  let frame = requestAnimationFrame(function follow() {
    draw();
    frame = requestAnimationFrame(follow);
  });
  const listening = figure();
  listening?.addEventListener("click", clicked);
  const leave = () => {
    cancelAnimationFrame(frame);
    listening?.removeEventListener("click", clicked);
    for (const head of heads) head.remove();
  };
  ends.set(parentElement, leave);
  return leave;
}

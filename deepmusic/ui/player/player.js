// A log-mel, a lane of predicted genres for each network, and a cursor on the page's audio.
// Everything from Python is shown by textContent or drawn on a canvas, never parsed as HTML.

// Segments in which the networks disagree, in one colour.
const drawMarks = (canvas, marks, duration) => {
  const { pen, width, height } = penOn(canvas);
  pen.fillStyle = getComputedStyle(canvas).color;
  for (const { start, end } of marks) {
    const left = (start / duration) * width;
    pen.fillRect(left, 3, Math.max(3, ((end - start) / duration) * width - 1), height - 6);
  }
};

export default function ({ parentElement, data }) {
  const find = (selector) => parentElement.querySelector(selector);
  const [plot, image, cursor] = [".plot", ".spectrogram", ".cursor"].map(find);
  const { duration, lanes, colours } = data;
  const audio = () => document.querySelector("audio[data-testid='stAudio'], [data-testid='stAudio'] audio");

  if (image.getAttribute("src") !== data.spectrogram) image.src = data.spectrogram;

  // From the top, leaving out what would touch the label above it.
  let lowest = Infinity;
  const room = find(".frequencies").clientHeight || 190;
  find(".frequencies").replaceChildren(
    ...[...data.frequencies].reverse().flatMap(([label, height]) => {
      if (lowest - height * room < 1.25 * letters()) return [];
      lowest = height * room;
      const mark = make("span", "", label);
      mark.style.bottom = `${height * 100}%`;
      return [mark];
    }),
  );

  const canvases = [];
  find(".lanes").replaceChildren(
    ...lanes.map((lane) => {
      const row = make("div", lane.featured ? "lane featured" : "lane");
      row.append(make("span", "name", lane.title));
      if (lane.marks) {
        row.classList.add("disagreements");
        const canvas = make("canvas");
        canvas.setAttribute("role", "img");
        const times = lane.marks
          .slice(0, 20)
          .map((mark) => `${clock(mark.start)} to ${clock(mark.end)}`);
        canvas.setAttribute("aria-label", `${lane.title}: ${times.join(", ") || "nowhere"}`);
        canvases.push([canvas, lane]);
        row.append(canvas);
      } else if (lane.segments) {
        const canvas = make("canvas");
        canvas.setAttribute("role", "img");
        const genres = merge(lane.segments)
          .slice(0, 20)
          .map(({ start, genre }) => `${clock(start)} ${genre}`);
        canvas.setAttribute("aria-label", `${lane.title} over time: ${genres.join(", ")}`);
        canvases.push([canvas, lane]);
        row.append(canvas);
      } else {
        row.append(make("div", "waiting", data.waiting));
      }
      return row;
    }),
  );

  showLegend(find(".legend"), lanes, colours);

  // Lanes and time axis share the spectrogram's width, whatever it is.
  const layOut = () => {
    canvases.forEach(([canvas, lane]) =>
      lane.marks
        ? drawMarks(canvas, lane.marks, duration)
        : drawLane(canvas, lane, duration, colours),
    );
    showTimes(find(".times"), 0, duration, image.clientWidth);
  };

  const words = (seconds) =>
    lanes
      .filter((lane) => lane.segments)
      .map((lane) => {
        const now = lane.segments.find((s) => seconds < s.end) ?? lane.segments.at(-1);
        return `${lane.title} ${now.genre} ${percent(now.probability)}`.replaceAll(" ", "\u00a0");
      })
      .join(" · ");

  plot.setAttribute("aria-valuemax", duration.toFixed(1));
  let hovered = null;
  let shown = null;
  const show = () => {
    const played = playing();
    const seconds = hovered ?? played;
    if (shown && shown[0] === played && shown[1] === seconds) return;
    shown = [played, seconds];
    cursor.style.left = `calc(var(--gutter) + (100% - var(--gutter)) * ${Math.min(1, played / duration)})`;
    find(".readout").textContent = `${clock(seconds)} · ${words(seconds)}`;
    plot.setAttribute("aria-valuenow", played.toFixed(1));
    plot.setAttribute("aria-valuetext", `${clock(played)} of ${clock(duration)}. ${words(played)}`);
  };

  // Evidence lies over its part of the spectrogram; its two sounds take the place of the song's at
  // the same moment.
  const overlay = find(".evidence");
  const sounds = find(".sounds");
  const found = data.evidence;
  const share = (seconds) => seconds / duration;
  overlay.hidden = !found;
  sounds.hidden = !found;
  const takesItsPlace = () => audio()?.src.startsWith("data:");
  // Where the recording that plays begins within the song.
  const offset = () => (takesItsPlace() ? parseFloat(audio().dataset.offset) : 0);
  const playing = () => (audio()?.currentTime ?? 0) + offset();
  const use = (url, start) => {
    const player = audio();
    if (!player) return;
    // Another song may have been given to the same player since.
    if (!takesItsPlace()) player.dataset.original = player.src;
    const moment = playing();
    const source = url ?? player.dataset.original;
    player.dataset.offset = start;
    if (player.src !== source) {
      player.src = source;
      const begin = () => {
        player.currentTime = Math.max(0, moment - offset());
      };
      player.addEventListener("loadedmetadata", begin, { once: true });
    }
    player.play();
  };
  if (found) {
    overlay.src = found.overlay;
    overlay.style.left = `calc(var(--gutter) + (100% - var(--gutter)) * ${share(found.start)})`;
    overlay.style.width = `calc((100% - var(--gutter)) * ${share(found.end - found.start)})`;
    const choices = [
      ["Whole song", null],
      ["What mattered", found.kept],
      ["The rest", found.rest],
    ];
    sounds.replaceChildren(
      ...choices.map(([label, url]) => {
        const button = make("button", "", label);
        button.type = "button";
        button.setAttribute("aria-pressed", String(url === null));
        button.onclick = () => {
          for (const other of sounds.children) {
            other.setAttribute("aria-pressed", String(other === button));
          }
          use(url, found.start);
        };
        return button;
      }),
    );
  } else if (takesItsPlace()) {
    use(null, 0);
    audio().pause();
  }

  const secondsAt = (event) => {
    const box = image.getBoundingClientRect();
    const fraction = (event.clientX - box.left) / box.width;
    return Math.min(1, Math.max(0, fraction)) * duration;
  };
  const seek = (seconds) => {
    const player = audio();
    if (player) player.currentTime = Math.min(duration, Math.max(0, seconds)) - offset();
  };
  plot.onclick = (event) => {
    const seconds = secondsAt(event);
    const marks = event.target.closest?.(".disagreements") && lanes.find((lane) => lane.marks).marks;
    // A finger is wide and a segment may be short: half a second beside it still counts.
    const segment = marks?.find(({ start, end }) => start - 0.5 <= seconds && seconds < end + 0.5);
    seek(segment ? segment.start : seconds);
    audio()?.play();
  };
  plot.onpointermove = (event) => {
    hovered = event.pointerType === "mouse" ? secondsAt(event) : null;
  };
  plot.onpointerleave = () => {
    hovered = null;
  };
  plot.onkeydown = (event) => {
    const now = playing();
    const jumps = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 };
    if (event.key in jumps) seek(now + jumps[event.key]);
    else if (event.key === "Home") seek(0);
    else if (event.key === "End") seek(duration);
    else if (event.key === " ") audio()?.paused ? audio().play() : audio()?.pause();
    else return;
    event.preventDefault();
  };

  const observer = new ResizeObserver(layOut);
  observer.observe(image);
  layOut();
  let frame = requestAnimationFrame(function follow() {
    show();
    frame = requestAnimationFrame(follow);
  });
  return () => {
    // The audio outlives this page, and plays the song again.
    if (takesItsPlace() && !document.contains(parentElement)) audio().src = audio().dataset.original;
    cancelAnimationFrame(frame);
    observer.disconnect();
  };
}

// The microphone, half a second at a time to the server, and the lanes that come back.
// Sound that the server has not confirmed is kept, and sent again with what came since.

const CHUNK_SECONDS = 0.5;
const SHOWN_SECONDS = 60;
// Without an answer for so long, what was sent counts as lost.
const PATIENCE = 4000;
// The spectrogram of the last minute.
const LOOKS_PER_SECOND = 10;
const COLUMNS = SHOWN_SECONDS * LOOKS_PER_SECOND;
const ROWS = 96;
const MOST_AT_ONCE = 20;
const MOST_WAITING = 240;

const WORKLET = `registerProcessor("chunks", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunk = new Float32Array(Math.round(sampleRate * ${CHUNK_SECONDS}));
    this.filled = 0;
  }
  process([channels]) {
    if (!channels.length) return true;
    for (let i = 0; i < channels[0].length; i++) {
      let sum = 0;
      for (const channel of channels) sum += channel[i];
      this.chunk[this.filled++] = sum / channels.length;
      if (this.filled === this.chunk.length) {
        this.port.postMessage(this.chunk.slice());
        this.filled = 0;
      }
    }
    return true;
  }
});`;

const REFUSALS = {
  NotAllowedError: "The browser refused the microphone. Allow it beside the address, and press Start.",
  NotFoundError: "There is no microphone. Connect one, and press Start.",
  NotReadableError: "Another program holds the microphone. Close it, and press Start.",
};

const base64 = (chunk) => {
  const bytes = new Uint8Array(chunk.length * 2);
  const view = new DataView(bytes.buffer);
  chunk.forEach((value, i) => {
    view.setInt16(2 * i, Math.round(32767 * Math.max(-1, Math.min(1, value))), true);
  });
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) {
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(text);
};

// What goes on between two calls by Streamlit, by element.
const hearings = new WeakMap();

class Hearing {
  constructor(parent) {
    this.find = (selector) => parent.querySelector(selector);
    this.state = "off";
    this.forget();
    this.find(".start").onclick = () => (this.state === "on" ? this.stop() : this.start());
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.find(".spectrogram"));
  }

  forget() {
    Object.assign(this, { number: 0, waiting: [], sentAt: null, stopping: false, looks: 0 });
    this.past = Object.assign(document.createElement("canvas"), { width: COLUMNS, height: ROWS });
  }

  tell(text) {
    this.find(".status").textContent = text;
  }

  async start() {
    if (this.state !== "off") return;
    if (!navigator.mediaDevices?.getUserMedia) {
      this.tell("Browsers open the microphone to https and localhost alone.");
      return;
    }
    this.state = "asking";
    try {
      // What clears up speech would spoil music.
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
      this.context = new AudioContext();
      const url = URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" }));
      await this.context.audioWorklet.addModule(url);
      URL.revokeObjectURL(url);
    } catch (error) {
      this.close();
      this.tell(REFUSALS[error.name] ?? `The microphone cannot be used (${error.message}).`);
      return;
    }
    this.forget();
    this.session = crypto.randomUUID();
    const source = this.context.createMediaStreamSource(this.stream);
    this.analyser = new AnalyserNode(this.context, { fftSize: 2048, smoothingTimeConstant: 0 });
    const chunks = new AudioWorkletNode(this.context, "chunks");
    chunks.port.onmessage = ({ data }) => this.take(data);
    source.connect(this.analyser);
    source.connect(chunks);
    // Without a way to the loudspeaker, some browsers let a node sleep.
    chunks.connect(new GainNode(this.context, { gain: 0 })).connect(this.context.destination);
    this.state = "on";
    this.find(".start").textContent = "Stop";
    this.tell("Listening ...");
    this.began = performance.now();
    this.timer = setInterval(() => this.look(), 1000 / LOOKS_PER_SECOND);
  }

  take(chunk) {
    if (this.state !== "on") return;
    this.waiting.push({ number: this.number++, at: performance.now(), text: base64(chunk) });
    if (this.waiting.length > MOST_WAITING) this.waiting.shift();
    if (this.waiting.length > 10) this.tell("The server is busy, and follows a little later.");
    this.send();
  }

  send() {
    const now = performance.now();
    if (this.sentAt !== null && now - this.sentAt < PATIENCE) return;
    if (!this.waiting.length && !this.stopping) return;
    const sent = this.waiting.slice(0, MOST_AT_ONCE);
    this.sentAt = now;
    this.trigger("sound", {
      session: this.session,
      first: sent[0]?.number ?? this.number,
      rate: this.context.sampleRate,
      chunks: sent.map(({ text }) => text),
      stop: this.stopping && sent.length === this.waiting.length,
    });
  }

  stop() {
    if (this.state !== "on") return;
    this.state = "ending";
    this.stopping = true;
    this.silence();
    this.find(".start").disabled = true;
    this.tell("Finishing ...");
    this.send();
    this.timer = setInterval(() => this.send(), 500);
  }

  silence() {
    clearInterval(this.timer);
    this.stream?.getTracks().forEach((track) => track.stop());
  }

  close() {
    this.silence();
    this.context?.close();
    this.context = null;
    this.state = "off";
    const button = this.find(".start");
    if (button) {
      button.disabled = false;
      button.textContent = "Start";
    }
  }

  update(data, trigger) {
    this.trigger = trigger;
    this.data = data;
    if (data.session && data.session === this.session && this.state !== "off") {
      const confirmed = this.waiting.filter(({ number }) => number <= data.confirmed);
      this.waiting = this.waiting.filter(({ number }) => number > data.confirmed);
      if (confirmed.length || data.ended) this.sentAt = null;
      if (confirmed.length) {
        // From the first sound of the oldest half second to the lane that shows it, in ms.
        const waited = performance.now() - confirmed[0].at + 1000 * CHUNK_SECONDS;
        const element = this.find(".lanes");
        element.dataset.waited = `${element.dataset.waited ?? ""} ${Math.round(waited)}`.slice(-4000);
      }
      if (data.ended) {
        this.close();
        this.tell(data.full ? "That is ten minutes, as much as one recording takes." : "");
      } else {
        if (this.state === "on") this.tell("Listening ...");
        this.send();
      }
    }
    this.draw();
  }

  // A column of the spectrogram, from the browser's own analysis, at once.
  look() {
    const powers = new Uint8Array(this.analyser.frequencyBinCount);
    this.analyser.getByteFrequencyData(powers);
    const pen = this.past.getContext("2d", { willReadFrequently: true });
    const rate = this.context.sampleRate;
    const column = pen.createImageData(1, ROWS);
    for (let row = 0; row < ROWS; row++) {
      // Rows lie evenly in octaves from 40 Hz to 11 kHz.
      const hertz = 40 * 275 ** (1 - row / ROWS);
      const bright = powers[Math.round((2 * hertz * powers.length) / rate)] / 255;
      const colour = [255 * Math.min(1, 1.6 * bright), 255 * bright ** 2, 190 * Math.sin(3 * bright), 255];
      column.data.set(colour, 4 * row);
    }
    // A busy browser looks later: what it missed looks like what it sees now.
    const due = Math.ceil(((performance.now() - this.began) / 1000) * LOOKS_PER_SECOND);
    for (; this.looks < due; this.looks++) {
      if (this.looks >= COLUMNS) pen.drawImage(this.past, -1, 0);
      pen.putImageData(column, Math.min(this.looks, COLUMNS - 1), 0);
    }
    this.drawSpectrogram();
  }

  // The second at the left edge.
  get from() {
    return Math.max(0, this.looks - COLUMNS) / LOOKS_PER_SECOND;
  }

  drawSpectrogram() {
    const { pen, width, height } = penOn(this.find(".spectrogram"));
    pen.fillRect(0, 0, width, height);
    pen.drawImage(this.past, 0, 0, width, height);
  }

  draw() {
    const { lanes, colours } = this.data;
    const rows = this.find(".lanes");
    if (rows.children.length !== lanes.length) {
      rows.replaceChildren(
        ...lanes.map((lane) => {
          const row = make("div", lane.featured ? "lane featured" : "lane");
          const canvas = make("canvas");
          canvas.setAttribute("role", "img");
          row.append(make("span", "name", lane.title), canvas);
          return row;
        }),
      );
    }
    lanes.forEach((lane, i) => {
      const canvas = rows.children[i].querySelector("canvas");
      const segments = lane.segments
        .filter((one) => one.end > this.from)
        .map((one) => ({ ...one, start: one.start - this.from, end: one.end - this.from }));
      canvas.setAttribute("aria-label", `${lane.title}: ${segments.at(-1)?.genre ?? "nothing yet"}`);
      drawLane(canvas, { segments }, SHOWN_SECONDS, colours);
    });
    showLegend(this.find(".legend"), lanes, colours);
    showTimes(this.find(".times"), this.from, SHOWN_SECONDS, rows.clientWidth);
    this.drawSpectrogram();
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  let hearing = hearings.get(parentElement);
  if (!hearing) {
    hearing = new Hearing(parentElement);
    hearings.set(parentElement, hearing);
  }
  hearing.update(data, setTriggerValue);
  return () => {
    // Streamlit also calls this before it draws the component again.
    setTimeout(() => {
      if (parentElement.isConnected) return;
      hearing.observer.disconnect();
      hearing.close();
    }, 1000);
  };
}
